import type { Sha256 } from '../core/digest.ts'
import type { Input, PackageFile } from './tree.ts'

/** A package, checked: what its emitted text is made from, and nothing else. */
export interface Package {
  readonly name: string
  readonly version: string
  readonly release: number
  readonly description: string
  readonly homepage: string
  readonly license: string
  readonly sources: readonly PackageSource[]
  readonly patches: readonly string[]
  readonly buildDeps: readonly string[]
  readonly runDeps: readonly string[]
  readonly testDeps: readonly string[]
  readonly hostPaths: readonly string[]
  /** In order of name. */
  readonly env: readonly (readonly [name: string, value: string])[]
  readonly build: { readonly kind: 'script'; readonly text: string } | { readonly kind: 'import' }
  readonly check: ScriptOrSkipped
  readonly test: ScriptOrSkipped
  readonly update: PackageUpdate
  readonly strip: 'all' | 'debug' | 'none'
  /** Paths below DESTDIR, in order. */
  readonly setuid: readonly string[]
  /** The script that comes with the package, for roots that it is installed in. */
  readonly postInstall?: string
  readonly files: readonly PackageFile[]
  /** The manifest, and the manifests that it imports. */
  readonly inputs: readonly Input[]
}

export interface PackageSource {
  readonly sha256: Sha256
  readonly urls: readonly string[]
  readonly file: string
  readonly into: string
  readonly unpack: boolean
}

export type ScriptOrSkipped =
  | { readonly kind: 'script'; readonly text: string }
  | { readonly kind: 'skipped'; readonly why: string }

export type PackageUpdate =
  | { readonly kind: 'listing' | 'git-tags'; readonly url: string; readonly pattern: string }
  | { readonly kind: 'fixed'; readonly why: string }

/** One dependency of a package, and where its manifest says so: ['buildDeps', 2], or ['build'] for a build system's. */
export interface Edge {
  readonly to: string
  readonly path: readonly (string | number)[]
}
