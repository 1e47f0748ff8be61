import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { expect, test } from 'vitest'
import { makeKey } from '../../../helpers/cache/minisign.ts'
import { HIGH_TARGET, User } from '../../support/cached-tree.ts'
import { mountMute } from '../../support/mount.ts'
import { bringing, redos } from '../../support/redos.ts'
import { faultMatrix } from './faults.ts'
import { folderTransport } from './transports.ts'

faultMatrix({
  ...folderTransport,
  dead: () => ({ url: '/nowhere/at/all', stop: () => {} }),
  // Where no file system can be had that never answers, a fifo holds up who reads files as long.
  slow: () => {
    const folder = mkdtempSync(join(tmpdir(), 'cache-slow-'))
    const far = join(folder, 'far')
    const mute = mountMute(far)
    if (!mute) execFileSync('mkfifo', [far])
    return {
      url: far,
      stop: async () => {
        await mute?.unmount()
        rmSync(folder, { recursive: true })
      },
    }
  },
})

test.for(redos)(
  'with %s a folder of a server that is gone holds no build up for more than seconds, however many keys are trusted',
  async ([, redo], { skip }) => {
    const bob = await User.of()
    const far = join(bob.tree.root, 'far')
    const mute = mountMute(far)
    if (!mute) return skip()
    try {
      const names = ['alice', 'carol', 'dave', 'erin', 'frank']
      bob.trust(Object.fromEntries(names.map(name => [name, makeKey().key])))
      const { words, env } = bringing(redo, [HIGH_TARGET])
      const built = bob.run(['timeout', '-s', 'KILL', '40', ...words], {
        ...env,
        PKG_CACHE_URL: pathToFileURL(far).href,
      })
      expect(built.said).toContain('nothing within 3 s')
      expect(built.said).toContain('built high-1.0-1')
      expect(built.status).toBe(0)
    } finally {
      await mute.unmount()
    }
  },
)

test('coolports challenge asks such a folder, and ends', async ({ skip }) => {
  const bob = await User.of()
  const far = join(bob.tree.root, 'far')
  const mute = mountMute(far)
  if (!mute) return skip()
  try {
    bob.trust({ alice: makeKey().key })
    const url = pathToFileURL(far).href
    const words = ['bin/coolports', '-C', bob.tree.root, 'challenge', 'low']
    const asked = bob.run(['timeout', '-s', 'KILL', '40', ...words], { PKG_CACHE_URL: url })
    expect(asked.said).toContain(`alice, ${url}: gave nothing within 10 s`)
    expect(asked.status).toBe(2)
  } finally {
    await mute.unmount()
  }
})
