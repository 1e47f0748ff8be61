import { existsSync, lstatSync, mkdirSync, renameSync, writeFileSync } from 'node:fs'
import { takesModes } from '../../core/mode.ts'
import { parseRecfile, value } from '../../core/recfile.ts'
import { removeTree } from '../../core/remove.ts'
import { ok, type Result, refuse } from '../../core/result.ts'
import { flushDisk } from './flush.ts'
import type { Folders } from './folders.ts'
import { DATABASE, FOLDER_MODE } from './layout.ts'
import { readOwnFile } from './own-file.ts'
import type { InstallProblem } from './problem.ts'
import { decodedPath, encodedText } from './record.ts'

/**
 * The folder of a change that is under way. How far it has come is told by the name of its journal, a list of all its
 * steps, which gets each name by a rename:
 *
 * - none: the change is being staged. The root is as it was, and the folder may simply go.
 * - `journal`: all that comes lies ready in `new/`. The steps are taken; whoever comes next takes the rest.
 * - `back`: it was given up, perhaps for a cause that is still there. The steps that were taken are taken back, and none forward again.
 * - `over`: the root is as it is to be, one way or the other. The folder goes.
 *
 * The scripts of what has come are run afterwards, and written down elsewhere (post-install.ts).
 */
export const CHANGE = `${DATABASE}/change`
const PART = `${CHANGE}/journal.part`
const FORWARD = `${CHANGE}/journal`
const BACK = `${CHANGE}/back`
const OVER = `${CHANGE}/over`

/** What comes, and what was there, by number. */
export const newPath = (number: number): string => `${CHANGE}/new/${number}`
export const oldPath = (number: number): string => `${CHANGE}/old/${number}`

export type Direction = 'forward' | 'back'

/** In which direction a change goes that has a journal; undefined when there is none. */
export function underWay(folders: Folders): Direction | undefined {
  if (!existsSync(folders.at(CHANGE))) return undefined
  if (existsSync(folders.at(BACK))) return 'back'
  return existsSync(folders.at(FORWARD)) ? 'forward' : undefined
}

/** Makes the folder of a change; what is left of one that came to no journal, or was over, goes. */
export function startChange(folders: Folders): void {
  endChange(folders)
  mkdirSync(folders.at(CHANGE))
  if (!takesModes(folders.at(CHANGE), 0o755, 0o700)) throw new NoModes()
  for (const path of [`${CHANGE}/new`, `${CHANGE}/old`]) mkdirSync(folders.at(path), 0o700)
}

/** On the root's file system all files have one mode, whatever is asked for. */
export class NoModes extends Error {}

/** To be called when all that comes is in its folder: from here on the change is under way. */
export function writeJournal(root: string, folders: Folders, steps: readonly Step[]): void {
  writeFileSync(folders.at(PART), journalText(steps))
  flushDisk(root)
  renameSync(folders.at(PART), folders.second(FORWARD))
}

/** The steps of the change that is under way. */
export function readJournal(folders: Folders): Result<readonly Step[], readonly InstallProblem[]> {
  const file = underWay(folders) === 'back' ? BACK : FORWARD
  const read = parseJournal(readOwnFile(folders, file) ?? '')
  return read.ok
    ? read
    : refuse([{ kind: 'damaged', file, line: read.error, why: 'it is no step of a change' }])
}

/** When it came under way, in milliseconds since 1970; infinity where none is. */
export function changeBegan(folders: Folders): number {
  const direction = underWay(folders)
  if (direction === undefined) return Number.POSITIVE_INFINITY
  return lstatSync(folders.at(direction === 'back' ? BACK : FORWARD)).mtimeMs
}

/** From here on the steps of the change are taken back. */
export function giveUp(folders: Folders): void {
  renameSync(folders.at(FORWARD), folders.second(BACK))
}

/** From here on there is no change. Its files go. */
export function endChange(folders: Folders): void {
  if (!existsSync(folders.at(CHANGE))) return
  for (const path of [FORWARD, BACK]) {
    if (existsSync(folders.at(path))) renameSync(folders.at(path), folders.second(OVER))
  }
  folders.forget()
  removeTree(folders.at(CHANGE))
  folders.forget()
}

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
const journalText = (steps: readonly Step[]): string =>
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
function parseJournal(text: string): Result<readonly Step[], number> {
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
