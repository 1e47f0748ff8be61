import { chmodSync, lstatSync } from 'node:fs'

/** Whether something has the mode that it was just given: on some file systems, as NTFS is often mounted, all have one. */
export const hasMode = (path: string, mode: number): boolean => (lstatSync(path).mode & 0o777) === mode

/** Gives something each of these modes, of which the last stays, and tells whether it had them. */
export const takesModes = (path: string, ...modes: readonly number[]): boolean =>
  modes.every(mode => {
    chmodSync(path, mode)
    return hasMode(path, mode)
  })

/** Of a file system on which that is not so. */
export const NO_MODES = 'its file system does not keep the modes of files'
