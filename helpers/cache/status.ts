/** The exit statuses of do-reuse: the package is there, it is to be built, it may not be. */
export const HERE = 0
export const NOT_HERE = 1
export const REFUSED = 2
