/** Where the database of a root lies. What is there belongs to no package. */
export const DATABASE = 'var/lib/coolports'
export const RECORDS = `${DATABASE}/packages`
export const recordPath = (name: string): string => `${RECORDS}/${name}.rec`

/** The files of a change that is under way; gone when it is over. */
export const CHANGE = `${DATABASE}/change`
/** What comes, and what was there, by number. */
export const newPath = (number: number): string => `${CHANGE}/new/${number}`
export const oldPath = (number: number): string => `${CHANGE}/old/${number}`
/** There from the moment on in which all that comes is ready, until all of it is in its place. */
export const JOURNAL = `${CHANGE}/journal`
/** The journal's name once the change is being taken back. */
export const BACKWARD = `${CHANGE}/back`

/** People edit what is below /etc, so it is not replaced unasked. */
export const isSetting = (path: string): boolean => path.startsWith('etc/')

/** Where a package's own version stands while an edited file has the path. */
export const besidePath = (path: string): string => `${path}.new`

/** Of all folders that packages bring. */
export const FOLDER_MODE = 0o755
