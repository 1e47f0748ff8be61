/** Where the database of a root lies. What is there belongs to no package. */
export const DATABASE = 'var/lib/coolports'
export const RECORDS = `${DATABASE}/packages`
export const recordPath = (name: string): string => `${RECORDS}/${name}.rec`

/** People edit what is below /etc, so it is not replaced unasked. */
export const isSetting = (path: string): boolean => path.startsWith('etc/')

/** Where a package's own version stands while an edited file has the path. */
export const besidePath = (path: string): string => `${path}.new`

export const RECORD_MODE = 0o644

/** Of all folders that packages bring. */
export const FOLDER_MODE = 0o755
