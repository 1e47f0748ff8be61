import { closeSync, openSync, readSync } from 'node:fs'

const INTERVAL_MS = 100

/**
 * Repeats on stderr what a log gets, until stopped. A build writes to its log file whether somebody
 * looks or not: a pipe in its place would be noticed (`/dev/stdout` of one cannot always be opened).
 */
export function followLog(file: string): { readonly stop: () => void } {
  const fd = openSync(file, 'r')
  const buffer = Buffer.alloc(64 * 1024)
  const show = (): void => {
    for (;;) {
      const got = readSync(fd, buffer, 0, buffer.length, null)
      if (got === 0) return
      process.stderr.write(Buffer.from(buffer.subarray(0, got)))
    }
  }
  const timer = setInterval(show, INTERVAL_MS)
  return {
    stop: () => {
      clearInterval(timer)
      show()
      closeSync(fd)
    },
  }
}
