import { relative, sep } from 'node:path'
import { folderOf } from '../core/entry-path.ts'
import { leadsToFile } from './stamp.ts'
import type { FileName, Tree } from './tree.ts'

/** A `.do` that can make a target, with the arguments that it is to be given. */
export interface Rule {
  readonly doFile: FileName
  /** The folder of the `.do`: the working directory while it runs. */
  readonly folder: FileName
  /** `$1`: the target, seen from that folder. */
  readonly target: string
  /** `$2`: the target without the extension that the name `default.EXT.do` stands for. */
  readonly stem: string
}

/** Finds the `.do` of targets. Looks at each `default*.do` once, until a build may have made another. */
export class Rules {
  readonly #tree: Tree
  readonly #defaults = new Map<string, boolean>()

  constructor(tree: Tree) {
    this.#tree = tree
  }

  /** For a build: looks afresh, since a build may have made a rule. */
  find(target: FileName, isThere: (doFile: FileName) => boolean = leadsToFile): Rule | undefined {
    for (const rule of this.candidates(target)) if (isThere(rule.doFile)) return rule
    return undefined
  }

  /**
   * For a check: remembers which `default*.do` there are, for thousands of targets share them. Only the `.do`
   * of this very target is asked for, by `isThere`.
   */
  findName(target: FileName, isThere: (doFile: FileName) => boolean): FileName | undefined {
    let isOwn = true
    for (const { doFile } of this.candidates(target)) {
      if (isOwn ? isThere(doFile) : this.#isThere(doFile)) return doFile
      isOwn = false
    }
    return undefined
  }

  /** What is there may be another by now: a run has come, or a build has ended. */
  forget(): void {
    this.#defaults.clear()
  }

  /** All places where the `.do` of a target may lie, in the order of search. */
  *candidates(target: FileName): Generator<Rule> {
    const slash = target.lastIndexOf(sep)
    const base = target.slice(slash + 1)
    const home = slash < 0 ? '' : target.slice(0, slash || 1)
    yield { doFile: `${target}.do`, folder: home || '.', target: base, stem: base }
    const extensions = extensionsOf(base)
    for (const folder of this.#upwards(home)) {
      const seen = this.#seenFrom(folder, target)
      for (const extension of extensions) {
        const doFile = `${folder === '' ? '' : folder === '/' ? '/' : `${folder}/`}default${extension}.do`
        yield {
          doFile,
          folder: folder || '.',
          target: seen,
          stem: seen.slice(0, seen.length - extension.length),
        }
      }
    }
  }

  /** From the folder of a target to the top of the tree, and on to the root of the machine. */
  *#upwards(home: FileName): Generator<FileName> {
    let at = home
    for (; at !== '' && !at.startsWith('/'); at = folderOf(at)) yield at
    if (at === '') {
      yield ''
      at = this.#tree.top === '/' ? '' : folderOf(this.#tree.top) || '/'
    }
    if (at === '') return
    for (; at !== '/'; at = folderOf(at) || '/') yield at
    yield '/'
  }

  #seenFrom(folder: FileName, target: FileName): string {
    if (folder === '') return target
    if (folder.startsWith('/')) return relative(folder, this.#tree.absolute(target))
    return target.slice(folder.length + 1)
  }

  #isThere(doFile: FileName): boolean {
    const known = this.#defaults.get(doFile)
    if (known !== undefined) return known
    const found = leadsToFile(doFile)
    this.#defaults.set(doFile, found)
    return found
  }
}

/** `x.tar.gz` has the extensions `.tar.gz`, `.gz` and none; `.pkghash` has `.pkghash` and none. */
function extensionsOf(base: string): readonly string[] {
  const found: string[] = []
  for (let at = base.indexOf('.'); at >= 0; at = base.indexOf('.', at + 1)) found.push(base.slice(at))
  return [...found, '']
}
