import { existsSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Sha256 } from './digest.ts'
import type { Env } from './env.ts'

/**
 * The root of the tree this program belongs to: the nearest folder above it with a package.json.
 * A program runs as `dist/NAME.js` and its tests as source, so no fixed number of `..` would do.
 */
export function treeRoot(from: string = dirname(fileURLToPath(import.meta.url))): string {
  const parent = dirname(from)
  return existsSync(join(from, 'package.json')) || parent === from ? from : treeRoot(parent)
}

/** The local store: what was fetched and unpacked, all of it by digest, so every package and checkout may share one. */
export const storeRoot = (env: Env, tree: string = treeRoot()): string =>
  env.COOLPORTS_STORE ? resolve(env.COOLPORTS_STORE) : join(tree, '.store')

/** A source. Who finds a file of this name may trust it: it was verified before it got the name. */
export const distfilePath = (store: string, digest: Sha256): string => join(store, 'distfiles', digest)

/** Where sources lie that came in part (helpers/fetch/part.ts). */
export const partialFolder = (store: string): string => join(store, 'distfiles', '.partial')

/** A package's unpacked tree, by the sha256 of its tar. */
export const treePath = (store: string, tarSha256: Sha256): string => join(store, 'trees', tarSha256)

/** A built package, by its pkghash. */
export const packagePath = (store: string, hash: Sha256): string => join(store, 'packages', `${hash}.tar.gz`)

/** The key that a package was built from: the text whose sha256 is its pkghash. */
export const packageKeyPath = (store: string, hash: Sha256): string => join(store, 'packages', `${hash}.key`)

/** Which tar a build of this key came out as here (helpers/store/built.ts). */
export const builtPath = (store: string, hash: Sha256): string => join(store, 'packages', `${hash}.built`)

/** Which tar a build of this key came out as that is kept under no key (helpers/store/built.ts). */
export const unkeyedPath = (store: string, hash: Sha256): string => join(store, 'packages', `${hash}.unkeyed`)

/** What is known of the package that came of some content (helpers/store/content.ts), by its content key. */
export const contentPath = (store: string, contentKey: Sha256): string => join(store, 'contents', contentKey)
