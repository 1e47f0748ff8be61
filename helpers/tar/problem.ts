import { diskFullMessage } from '../../core/disk.ts'
import { type Message, quoted } from '../../core/message.ts'

/** Why a folder was not packed or an archive not unpacked. */
export type TarProblem =
  | { readonly kind: 'entry'; readonly name: string; readonly why: string }
  /** A file that the manifest calls set-uid. */
  | { readonly kind: 'setuid'; readonly path: string; readonly why: string }
  | { readonly kind: 'damaged'; readonly why: string }
  | { readonly kind: 'digest'; readonly want: string; readonly got: string }
  | { readonly kind: 'unidentified' }
  | { readonly kind: 'disk full'; readonly folder: string }
  /** In this folder modes would be lost. */
  | { readonly kind: 'no modes'; readonly folder: string }
  | { readonly kind: 'too large'; readonly what: string; readonly limit: number; readonly entry?: string }

/** Thrown inside a stream, where no Result can be handed on; caught at the exported function of the same file. */
export class TarRefusal extends Error {
  readonly problem: TarProblem

  constructor(problem: TarProblem) {
    super(problem.kind)
    this.problem = problem
  }
}

/** `action` is what was tried: `pack`, `unpack`. */
export function tarMessage(action: string, thing: string, problem: TarProblem): Message {
  const cannot = `${action} ${thing}`
  switch (problem.kind) {
    case 'entry':
      return { cannot, why: problem.why, facts: [['entry', quoted(problem.name)]] }
    case 'setuid':
      return {
        cannot,
        why: `what is to be set-uid cannot be: ${problem.why}`,
        facts: [['setuid', quoted(problem.path)]],
        remedy: "the manifest's setuid lists programs below $DESTDIR, by all of their names",
      }
    case 'damaged':
      return { cannot, why: `the archive is damaged: ${problem.why}` }
    case 'digest':
      return {
        cannot,
        why: 'the sha256 of its tar is not the one that it names',
        facts: [
          ['want', problem.want],
          ['got', problem.got],
        ],
        remedy: 'remove the file; the next run makes it again',
      }
    case 'unidentified':
      return { cannot, why: 'it is not a package: its gzip header does not name the sha256 of its tar' }
    case 'disk full':
      return diskFullMessage(cannot, problem.folder)
    case 'no modes':
      return {
        cannot,
        why: 'its file system does not keep which files may be run, or read by others',
        facts: [['folder', quoted(problem.folder)]],
        remedy: 'the tree, and the store, have to lie on one that does',
      }
    case 'too large':
      return {
        cannot,
        why: `it holds more than ${problem.limit} ${problem.what}`,
        ...(problem.entry === undefined ? {} : { facts: [['entry', quoted(problem.entry)]] }),
      }
  }
}
