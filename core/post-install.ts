/** Where a package has the script that is run in a root after it was installed there; from the package's root. */
export const postInstallPath = (name: string): string => `lib/coolports/post-install/${name}`
