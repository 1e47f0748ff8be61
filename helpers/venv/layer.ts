import type { Sha256 } from '../../core/digest.ts'

/** One of the folders that a venv is made of; they lie upon each other, the first one on top. */
export type Layer = PackageLayer | ChosenLayer

export interface PackageLayer extends Leveled {
  readonly kind: 'package'
  readonly name: string
  /** VERSION-RELEASE. */
  readonly version: string
  readonly pkghash: Sha256
  readonly tar: Sha256
  /** Its unpacked tree in a store, an absolute path. */
  readonly path: string
}

/** Files of which the person chose the package's one by one: copies, in the venv itself. */
interface ChosenLayer extends Leveled {
  readonly kind: 'chosen'
  readonly path: string
}

interface Leveled {
  /**
   * Counts from 0, the venv itself, over the venv that it stands upon, 1, and so on. A level hides what those below it
   * have; within a level two files of one path are a conflict.
   */
  readonly level: number
}
