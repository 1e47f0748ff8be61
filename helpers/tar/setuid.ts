import { entryPath } from '../../core/entry-path.ts'
import { byCodeUnit } from '../../core/order.ts'
import { SET_ID, SET_UID } from './entry.ts'
import type { TarProblem } from './problem.ts'

/** Compares the set-id bits of an archive with the set-uid files that its key names: they must be the same. */
export class SetuidCheck {
  readonly #named: ReadonlySet<string>
  readonly #missing: Set<string>

  constructor(named: readonly string[]) {
    this.#named = new Set(named)
    this.#missing = new Set(named)
  }

  /** Why an entry is refused, if it is. `kind` as tar-stream calls it. */
  entry(kind: string, name: string, mode: number): string | undefined {
    const bits = kind === 'symlink' ? 0 : mode & SET_ID
    const plain = entryPath(name)
    const path = plain.ok ? plain.value : name
    if (bits === 0) return undefined
    const isFile = ['file', 'contiguous-file', 'link'].includes(kind)
    if (!isFile || bits !== SET_UID || (mode & 0o111) === 0 || !this.#named.has(path))
      return 'it has a set-id bit that the key of its package does not name'
    this.#missing.delete(path)
    return undefined
  }

  /** What is wrong when all entries were seen. */
  end(): TarProblem | undefined {
    const [name] = this.#missing
    return name === undefined ? undefined : { kind: 'entry', name, why: NOT_SET }
  }
}

/** The same of the paths that are set-uid. */
export function setuidFault(found: readonly string[], named: readonly string[]): TarProblem | undefined {
  const check = new SetuidCheck(named)
  for (const name of [...found].sort(byCodeUnit)) {
    const why = check.entry('file', name, SET_UID | 0o755)
    if (why !== undefined) return { kind: 'entry', name, why }
  }
  return check.end()
}

const NOT_SET = 'the key of its package calls it set-uid, and it is not'
