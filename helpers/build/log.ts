import { closeSync, fstatSync, openSync, readSync } from 'node:fs'

const TAIL_BYTES = 64 * 1024

/** The last lines of a file, without reading all of it. */
export function lastLines(file: string, count: number): readonly string[] {
  const fd = openSync(file, 'r')
  try {
    const { size } = fstatSync(fd)
    const buffer = Buffer.alloc(Math.min(size, TAIL_BYTES))
    const got = readSync(fd, buffer, 0, buffer.length, size - buffer.length)
    const lines = buffer.toString('utf8', 0, got).split('\n')
    if (lines.at(-1) === '') lines.pop()
    return lines.slice(-count)
  } finally {
    closeSync(fd)
  }
}
