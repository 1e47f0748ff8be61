import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { sha256 } from '../../core/digest.ts'
import { treeRoot } from '../../core/store.ts'
import { activateText } from './activate.ts'
import { factsText } from './facts.ts'
import type { Laid } from './lay.ts'
import type { Layer } from './layer.ts'
import { plantLinks } from './links.ts'
import { recordText } from './record.ts'
import type { Request } from './request.ts'
import { statePath } from './state.ts'

/** What comes of a request. */
export interface Outcome {
  readonly layers: readonly Layer[]
  readonly entries: readonly Laid[]
  readonly request: Request
  readonly below: string | undefined
}

/** What a state is to hold; it is named by a digest of its texts. */
export function plan(
  place: string,
  { layers, entries, request, below }: Outcome,
): { readonly id: string; readonly write: (folder: string) => void } {
  const of = { layers, entries, given: request.given, ...(below === undefined ? {} : { below }) }
  const record = recordText({ request, layers, ...(below === undefined ? {} : { below }) })
  const run = readFileSync(join(treeRoot(), 'helpers/venv/venv-run.sh'), 'utf8')
  const activate = activateText(place, entries)
  const texts = [record, run, activate, factsText({ place, ...of })]
  const id = sha256(texts.join('\0')).slice(0, 16)
  const write = (folder: string): void => {
    mkdirSync(join(folder, 'bin'))
    mkdirSync(join(folder, '.mnt'))
    writeText(join(folder, 'bin/venv-run'), run, 0o755)
    writeText(join(folder, 'bin/activate'), activate, 0o644)
    writeText(join(folder, 'facts'), factsText({ place: statePath(place, id), ...of }), 0o644)
    writeText(join(folder, 'packages'), record, 0o644)
    plantLinks(folder, layers, entries)
  }
  return { id, write }
}

function writeText(file: string, text: string, mode: number): void {
  writeFileSync(file, text)
  chmodSync(file, mode)
}
