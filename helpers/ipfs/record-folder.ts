import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

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
      mkdirSync(folder, { recursive: true })
      const part = join(folder, `.${name}.${process.pid}`)
      writeFileSync(part, record)
      renameSync(part, join(folder, name))
    },
  }
}
