/**
 * What every build and every package has in common. Each of these stands in the key of every
 * package, so a change here builds everything again.
 */

/** Raised when the same script could see something else in the sandbox than before. */
export const SANDBOX_VERSION = 1

/** Raised when the same files could become another tar than before. */
export const TAR_VERSION = 1

/** The machine that packages are for. */
export const ARCH = 'x86_64'
