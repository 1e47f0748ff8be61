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

const SET_ID = 0o6000

/** The mode of a file in a package: who built it, and under which umask, must not show. */
export const packageMode = (mode: number, keepSetId: boolean): number =>
  (mode & 0o111 ? 0o755 : 0o644) | (keepSetId ? mode & SET_ID : 0)
