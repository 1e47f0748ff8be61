import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { makeFolders } from '../../core/folders.ts'
import { writeWhole } from '../../core/whole-file.ts'

/** The signed records of IPNS names that were published here, or seen, one a file. */
export interface RecordFolder {
  readonly read: (name: string) => Uint8Array | undefined
  readonly write: (name: string, record: Uint8Array) => void
}

/** `name` is checked by the caller: letters and digits. */
export function recordsIn(store: string): RecordFolder {
  const folder = join(store, 'ipfs', 'names')
  return {
    read(name) {
      try {
        return readFileSync(join(folder, name))
      } catch {
        return undefined
      }
    },
    write(name, record) {
      makeFolders(folder)
      writeWhole(join(folder, name), record)
    },
  }
}
