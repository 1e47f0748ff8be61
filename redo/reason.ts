import { quoted } from '../core/message.ts'
import type { FileNode } from './graph.ts'
import { difference, type Stamp } from './stamp.ts'
import type { FileName } from './tree.ts'

/** Why a target is built. */
export type Reason =
  | { readonly kind: 'new' }
  /** No success is on record, but there is a log. */
  | { readonly kind: 'unrecorded' }
  | { readonly kind: 'forced' }
  /** As somebody's input: it is being built now. */
  | { readonly kind: 'building' }
  | { readonly kind: 'failed' }
  | { readonly kind: 'always' }
  | { readonly kind: 'deleted' }
  | { readonly kind: 'interrupted' }
  | { readonly kind: 'lost' }
  /** Its rule was gone for a while. */
  | { readonly kind: 'returned' }
  | { readonly kind: 'beyond' }
  /** Its file is as it was written, but in another place, or of another mode or owner. */
  | { readonly kind: 'moved'; readonly before: Stamp; readonly now: Stamp }
  | { readonly kind: 'rule'; readonly before: FileName; readonly now: FileName }
  | { readonly kind: 'appeared'; readonly file: FileName }
  | { readonly kind: 'changed'; readonly input: FileNode; readonly from: number }
  | { readonly kind: 'input'; readonly input: FileName; readonly why: Reason | undefined }
  /** By the records of earlier builds it depends on itself, by way of the input. */
  | { readonly kind: 'cycle'; readonly input: FileName }

/** One sentence, without the name of the target. */
export function sentence(reason: Reason): string {
  switch (reason.kind) {
    case 'new':
      return 'it was never built'
    case 'unrecorded':
      return 'it was begun before, but no success is on record'
    case 'forced':
      return 'it was asked for by redo'
    case 'building':
      return 'it is being built'
    case 'failed':
      return 'its last build failed'
    case 'always':
      return 'it asked for redo-always'
    case 'deleted':
      return 'its file is gone'
    case 'interrupted':
      return 'its last build was cut short before the result was in place'
    case 'lost':
      return 'the record of its last build is lost'
    case 'returned':
      return 'it has a .do again'
    case 'beyond':
      return 'what its symlink leads to changed'
    case 'moved':
      return `its file changed: ${difference(reason.before, reason.now)}`
    case 'rule':
      return `its rule is now ${quoted(reason.now)}, and was ${quoted(reason.before)}`
    case 'appeared':
      return `${quoted(reason.file)} exists now`
    case 'changed':
      return changed(reason.input, reason.from)
    case 'input':
      return fromInput(reason)
    case 'cycle':
      return `it depends on itself, by way of ${quoted(reason.input)}`
  }
}

/** The input, the place where the change came from, and the change; not the chain between, which may be long. */
function fromInput(reason: Extract<Reason, { kind: 'input' }>): string {
  let root = reason
  while (root.why?.kind === 'input') root = root.why
  const input = `${quoted(reason.input)} is out of date`
  const by = root === reason ? '' : `, as ${quoted(root.input)} is`
  return `${input}${by}${root.why === undefined ? '' : `: ${sentence(root.why)}`}`
}

function changed(input: FileNode, from: number): string {
  const name = quoted(input.name)
  if (input.making !== undefined) return `${name} was built again since`
  const { previous, stamp } = input
  if (previous === undefined || stamp === undefined || input.version !== from + 1)
    return `${name} changed since`
  return `${name} changed: ${difference(previous, stamp)}`
}
