import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

const FILES_PER_MEGABYTE = 70

/**
 * Fills a folder with megabytes of real machine code, cut into files of many sizes; the same ones each time.
 * Answers how many.
 */
export function fill(folder: string, megabytes: number): number {
  const data = readFileSync(process.execPath)
  const files = megabytes * FILES_PER_MEGABYTE
  let from = 0
  for (let index = 0; index < files; index++) {
    const length = Math.floor(((1 + (index % 100)) * 2 * 1e6) / FILES_PER_MEGABYTE / 101)
    if (index % 100 === 0) mkdirSync(join(folder, `d${index / 100}`), { recursive: true })
    if (from + length > data.length) from = index
    writeFileSync(
      join(folder, `d${Math.floor(index / 100)}`, `f${index}`),
      data.subarray(from, from + length),
    )
    from += length
  }
  return files
}
