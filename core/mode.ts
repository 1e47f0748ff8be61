import { lstatSync } from 'node:fs'

/** Whether something has the mode that it was just given: on some file systems, as NTFS is often mounted, all have one. */
export const hasMode = (path: string, mode: number): boolean => (lstatSync(path).mode & 0o777) === mode
