declare const brand: unique symbol

/** The name of a package, which is also the name of its folder below `pkg/`. */
export type PackageName = string & { readonly [brand]: 'PackageName' }

/** Lower case, so that no two names differ by case alone; no leading dash or dot, so that none is an option or hidden. */
const PACKAGE_NAME = /^[a-z0-9][a-z0-9+._-]{0,99}$/

export const isPackageName = (text: string): text is PackageName => PACKAGE_NAME.test(text)

/** A built package in the folder of its manifest, and the one before it, whose rules have changed since. */
export const PACKAGE_FILE = '.pkg.tar.gz'
export const LAST_PACKAGE_FILE = '.last.pkg.tar.gz'

/** What the last build that went well has printed, in the same folder. */
export const LOG_FILE = '.log'

/** The folder of the last build that failed, in the same folder, until the next failure takes its place or a build goes well. */
export const FAILED_FOLDER = '.build.failed'

/** A bare file name that is safe in a path, a list with one name a line, and unquoted in a shell word. */
const FILE_NAME = /^[A-Za-z0-9_][A-Za-z0-9+._~@%=,-]{0,199}$/

export const isFileName = (text: string): boolean => FILE_NAME.test(text)
