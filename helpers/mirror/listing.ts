import { readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { byCodeUnit } from '../../core/order.ts'
import { fileStreamDigest } from '../../core/stream-digest.ts'

const LISTING = 'SHA256SUMS'

/** Writes SHA256SUMS of all files of a folder, in order, as `sha256sum -c` reads it. Symlinks are left out. */
export async function writeListing(folder: string): Promise<void> {
  const lines: string[] = []
  for (const path of filesIn(folder, '').sort(byCodeUnit)) {
    if (path !== LISTING) lines.push(listingLine(path, await fileStreamDigest(join(folder, path))))
  }
  writeFileSync(join(folder, LISTING), lines.join(''))
}

/** A name with a line break or a backslash is escaped, which a backslash at the head of the line tells (coreutils). */
export function listingLine(path: string, digest: string): string {
  const escaped = path.replaceAll('\\', '\\\\').replaceAll('\n', '\\n').replaceAll('\r', '\\r')
  return `${escaped === path ? '' : '\\'}${digest}  ${escaped}\n`
}

function filesIn(root: string, folder: string): string[] {
  return readdirSync(join(root, folder), { withFileTypes: true }).flatMap(entry => {
    const path = folder === '' ? entry.name : `${folder}/${entry.name}`
    if (entry.isDirectory()) return filesIn(root, path)
    return entry.isFile() ? [path] : []
  })
}
