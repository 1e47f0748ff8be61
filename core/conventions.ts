/**
 * What a package's bytes depend on beyond its recipe. The generator puts both numbers into every
 * key, so raising one rebuilds everything: do it when, and only when, a build could come out
 * differently. Constants alone stand here, for the generator must not load what runs.
 */

/** What a build sees: paths, environment, user, hostname, devices, order of its root. */
export const SANDBOX_VERSION = 1

/** How a folder becomes a tar: order, owner, modes, time stamp, headers. */
export const TAR_VERSION = 1

/** The machine that packages are for, as uname calls it. */
export const ARCH = 'x86_64'
