import type { PackageName } from '../../core/name.ts'

/** What a person wants in a venv; the venv remembers it, so that it can be made again without a word. */
export interface Request {
  readonly packages: readonly PackageName[]
  /** Of two different files of one path that of the package named earlier is meant. */
  readonly order: boolean
  /** Packages whose files are meant, wherever others have them too. */
  readonly prefer: readonly string[]
  readonly alternatives: readonly Alternative[]
  /** The venv that this one stands upon, an absolute path. */
  readonly stack?: string
  /** Options that each venv-run has. */
  readonly given: readonly string[]
}

/** At this path, relative to the root of the venv, the file of that package is meant. */
export interface Alternative {
  readonly path: string
  readonly package: string
}
