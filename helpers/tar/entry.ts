/** One thing in a package. `path` is relative to the root of the package, with no slash at either end. */
export type Entry =
  /** Without a mode it is 755, as everywhere in a package. */
  | { readonly kind: 'directory'; readonly path: string; readonly mode?: number }
  | { readonly kind: 'file'; readonly path: string; readonly mode: number; readonly size: number }
  | { readonly kind: 'symlink'; readonly path: string; readonly target: string }
  /** Another name of a file that stands earlier. */
  | { readonly kind: 'link'; readonly path: string; readonly mode: number; readonly target: string }

/** The one time stamp of everything in a package: 2021-01-01 00:00 UTC, which is SOURCE_DATE_EPOCH too. */
export const PACKAGE_TIME = 1609459200

export const SET_UID = 0o4000
export const SET_ID = 0o6000

/** The mode of a file in a package: who built it, and under which umask, must not show. */
export const packageMode = (mode: number): number => (mode & 0o111 ? 0o755 : 0o644)

/** That of a file that the package's key calls set-uid. */
export const SET_UID_MODE = SET_UID | 0o755

/**
 * How a set-uid file stands in an unpacked tree: marked as such, but for its owner alone. In the store it must
 * not give others the rights of who keeps the store; sandboxes, which are the owner's, see it all the same.
 */
export const MARKED_MODE = SET_UID | 0o700

/** The mode in a package of a file of an unpacked tree, where set-uid files are marked. */
export const unmarkedMode = (mode: number): number =>
  (mode & 0o7777) === MARKED_MODE ? SET_UID_MODE : packageMode(mode)
