/**
 * The line of a pkgkey that names a set-uid file of the package. A package has no other ones: packing clears
 * the bit elsewhere, and who takes a package from somebody compares.
 */
export const setuidLine = (path: string): string => `setuid ${path}`

/** The set-uid files that a pkgkey names. */
export const setuidIn = (key: string): readonly string[] =>
  [...key.matchAll(/^setuid (.+)$/gm)].map(([, path = '']) => path)
