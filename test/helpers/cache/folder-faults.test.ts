import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { faultMatrix } from './faults.ts'
import { folderTransport } from './transports.ts'

faultMatrix({
  ...folderTransport,
  dead: () => ({ url: '/nowhere/at/all', stop: () => {} }),
  // A folder that does not answer is one of a network file system, which no test can bring about; a
  // fifo instead of each file would hold a reader as long.
  slow: () => {
    const folder = mkdtempSync(join(tmpdir(), 'cache-slow-'))
    mkdirSync(folder, { recursive: true })
    const fifo = join(folder, 'fifo')
    execFileSync('mkfifo', [fifo])
    return { url: fifo, stop: () => rmSync(folder, { recursive: true }) }
  },
})
