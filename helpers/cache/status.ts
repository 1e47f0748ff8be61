/** The exit statuses of do-reuse: the package is there, it is to be built, it may not be. No program that fails has 3. */
export const HERE = 0
export const NOT_HERE = 3
export const REFUSED = 2
