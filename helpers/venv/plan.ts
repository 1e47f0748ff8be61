import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { sha256 } from '../../core/digest.ts'
import { treeRoot } from '../../core/store.ts'
import type { Merged } from '../sandbox/merge.ts'
import { activateText } from './activate.ts'
import { factsText } from './facts.ts'
import type { Layer } from './layer.ts'
import { links } from './links.ts'
import { recordText } from './record.ts'
import type { Request } from './request.ts'
import { statePath } from './state.ts'
import type { Thing } from './thing.ts'

/** What comes of a request. */
interface Outcome {
  readonly layers: readonly Layer[]
  readonly entries: readonly Merged[]
  readonly request: Request
  readonly below: string | undefined
}

/** What a state is to hold, folders before what lies in them; it is named by a digest of its texts. */
export function plan(
  place: string,
  { layers, entries, request, below }: Outcome,
): { readonly id: string; readonly things: () => Iterable<Thing> } {
  const of = { layers, entries, given: request.given, ...(below === undefined ? {} : { below }) }
  const record = recordText({ request, layers, ...(below === undefined ? {} : { below }) })
  const run = readFileSync(join(treeRoot(), 'helpers/venv/venv-run.sh'), 'utf8')
  const activate = activateText(place, entries)
  const texts = [record, run, activate, factsText({ place, ...of })]
  const id = sha256(texts.join('\0')).slice(0, 16)
  function* things(): Generator<Thing> {
    yield { kind: 'folder', path: 'bin' }
    yield { kind: 'folder', path: '.mnt' }
    yield text('bin/venv-run', run, 0o755)
    yield text('bin/activate', activate, 0o644)
    yield text('facts', factsText({ place: statePath(place, id), ...of }), 0o644)
    yield text('packages', record, 0o644)
    yield* links(layers, entries)
  }
  return { id, things }
}

const text = (path: string, content: string, mode: number): Thing => ({
  kind: 'text',
  path,
  text: content,
  mode,
})
