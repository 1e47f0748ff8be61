import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { expect, test } from 'vitest'
import { makeKey } from '../../../helpers/cache/minisign.ts'
import { HIGH_TARGET, User } from '../../support/cached-tree.ts'
import { mountMute } from '../../support/mount.ts'
import { faultMatrix } from './faults.ts'
import { folderTransport } from './transports.ts'

faultMatrix({
  ...folderTransport,
  dead: () => ({ url: '/nowhere/at/all', stop: () => {} }),
  // A file system of the network whose server is gone; where none can be had, a fifo holds a reader of files as long.
  slow: () => {
    const folder = mkdtempSync(join(tmpdir(), 'cache-slow-'))
    const far = join(folder, 'far')
    const answer = mountMute(far)
    if (answer) {
      return {
        url: far,
        stop: () => {
          answer()
          rmSync(folder, { recursive: true })
        },
      }
    }
    const fifo = join(folder, 'fifo')
    execFileSync('mkfifo', [fifo])
    return { url: fifo, stop: () => rmSync(folder, { recursive: true }) }
  },
})

test('a folder of a server that is gone holds up no build for more than seconds, however many keys are asked for', async ({
  skip,
}) => {
  const bob = await User.of()
  const far = join(bob.tree.root, 'far')
  const answer = mountMute(far)
  if (!answer) return skip()
  try {
    const names = ['alice', 'carol', 'dave', 'erin', 'frank']
    bob.trust(Object.fromEntries(names.map(name => [name, makeKey().key])))
    const words = ['timeout', '-s', 'KILL', '40', 'bin/do', '-j2', HIGH_TARGET]
    const built = bob.run(words, { PKG_CACHE_URL: pathToFileURL(far).href })
    expect(built.said).toContain('nothing within 3 s')
    expect(built.said).toContain('built high-1.0-1')
    expect(built.status).toBe(0)
  } finally {
    answer()
  }
})
