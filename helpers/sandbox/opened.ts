import { openSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** A new file of a folder, open to be read: what bwrap is given by a descriptor. */
export function opened(folder: string, name: string, content: string | Uint8Array): number {
  writeFileSync(join(folder, name), content)
  return openSync(join(folder, name), 'r')
}
