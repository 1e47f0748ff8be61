import { parseRecfile, value } from '../../core/recfile.ts'
import { ok, type Result, refuse } from '../../core/result.ts'
import { FOLDER_MODE } from './place.ts'
import { decodedPath, encodedText } from './record.ts'

/**
 * One step of a transaction. Each can be taken again after it was cut short, and back again.
 * `number` names a file of the transaction: `new/NUMBER` is what comes, `old/NUMBER` what was there.
 */
export type Step =
  | { readonly kind: 'make folder'; readonly path: string }
  /** Gives a folder of packages back to who installs, with the mode that it was made with. */
  | { readonly kind: 'mend folder'; readonly path: string }
  /** `mode` and `owner`: what it had, and has again when it is made anew. */
  | { readonly kind: 'remove folder'; readonly path: string; readonly mode: number; readonly owner?: Owner }
  /** Puts something where nothing is. */
  | { readonly kind: 'place'; readonly path: string; readonly number: number }
  /** Puts something in the place of something else, in one step. */
  | { readonly kind: 'replace'; readonly path: string; readonly number: number }
  | { readonly kind: 'take away'; readonly path: string; readonly number: number }

/** Whose a folder is, by numbers. */
export interface Owner {
  readonly uid: number
  readonly gid: number
}

/** A recutils file with a record for each step. */
export const journalText = (steps: readonly Step[]): string =>
  [
    '# A change of this root that is under way. coolports install --root DIR --resume completes it,',
    '# --rollback takes it back.',
    ...steps.flatMap(step => [
      `step: ${step.kind}`,
      `path: ${encodedText(step.path)}`,
      ...('number' in step ? [`number: ${step.number}`] : []),
      ...('mode' in step ? [`mode: ${step.mode.toString(8)}`] : []),
      ...('owner' in step && step.owner ? [`owner: ${step.owner.uid}:${step.owner.gid}`] : []),
      '',
    ]),
  ].join('\n')

/** Refused by the line that is none of a journal. */
export function parseJournal(text: string): Result<readonly Step[], number> {
  const { records, problems } = parseRecfile(text)
  const [bad] = problems
  if (bad) return refuse(bad.line)
  const steps: Step[] = []
  for (const record of records) {
    const path = decodedPath(value(record, 'path') ?? '')
    const kind = value(record, 'step')
    const said = value(record, 'number')
    const number = said !== undefined && /^\d{1,9}$/.test(said) ? Number(said) : undefined
    if (path === undefined) return refuse(record.line)
    if (kind === 'make folder' || kind === 'mend folder') steps.push({ kind, path })
    else if (kind === 'remove folder')
      steps.push({ kind, path, mode: modeOf(value(record, 'mode')), ...ownerOf(value(record, 'owner')) })
    else if ((kind === 'place' || kind === 'replace' || kind === 'take away') && number !== undefined)
      steps.push({ kind, path, number })
    else return refuse(record.line)
  }
  return ok(steps)
}

const modeOf = (said: string | undefined): number =>
  said !== undefined && /^[0-7]{1,4}$/.test(said) ? Number.parseInt(said, 8) : FOLDER_MODE

/** Journals of earlier versions do not tell it. */
function ownerOf(said: string | undefined): { readonly owner?: Owner } {
  const [, uid, gid] = /^(\d{1,10}):(\d{1,10})$/.exec(said ?? '') ?? []
  return uid === undefined ? {} : { owner: { uid: Number(uid), gid: Number(gid) } }
}
