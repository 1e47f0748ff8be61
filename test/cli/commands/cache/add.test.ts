import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { LOW, User } from '../../../support/cached-tree.ts'
import { mountMute } from '../../../support/mount.ts'
import { manifest } from '../../../support/tree.ts'

test('cache add tells where there is no folder for files on their way', async () => {
  const user = await User.of({ low: LOW })
  user.key()
  const { root } = user.tree
  user.must(['bin/coolports', '-C', root, 'build', 'low'])
  const none = join(root, 'none')
  const { status, said } = user.run(
    ['bin/coolports', '-C', root, 'cache', 'add', '-o', join(root, 'cache'), 'low'],
    {
      TMPDIR: none,
    },
  )
  expect(status).toBe(2)
  expect(said).toContain(
    `coolports: cannot make a folder for files on their way: there is no such folder\n  in "${none}"\n  set TMPDIR to`,
  )
})

test('cache add ends where no folder can be made', async () => {
  const user = await User.of({ low: LOW })
  user.key()
  const { root } = user.tree
  const { status, said } = user.run([
    ...['timeout', '-s', 'KILL', '30'],
    ...['bin/coolports', '-C', root, 'cache', 'add', '-o', '/proc/none/below', 'low'],
  ])
  expect(said).toContain('cannot add low-1.0-1 to "/proc/none/below": there is no such folder\n')
  expect(status).toBe(1)
})

test('cache add asks a registry that does not answer for a few packages, not for all', async () => {
  const names = ['a', 'b', 'c', 'd', 'e', 'f']
  const one = (name: string) =>
    manifest({ buildDeps: "['seed']", build: `sh\`echo ${name} >"$DESTDIR/${name}"\`` })
  const user = await User.of(Object.fromEntries(names.map(name => [name, one(name)])))
  user.key()
  const { root } = user.tree
  const server = createServer()
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  const { status, said } = user.run([
    'bin/coolports',
    '-C',
    root,
    'cache',
    'add',
    '-o',
    `oci://127.0.0.1:${port}/x`,
    ...names,
  ])
  expect(status).toBe(1)
  expect(said.match(/cannot add [a-f]-1.0-1 to .*the connection was refused/g)).toHaveLength(4)
  expect(said).toContain('cannot add 2 more to')
})

test('cache add says that it waits for a folder whose file system does not answer, and can be ended', async () => {
  const user = await User.of({ low: LOW })
  user.key()
  const { root } = user.tree
  user.must(['bin/coolports', '-C', root, 'build', 'low'])
  const mute = mountMute(join(root, 'far'))
  if (!mute) return
  // 124 is timeout's own word for one that its signal has ended; from one that it had to kill it would be 137.
  const { status, said } = user.run([
    ...['timeout', '-k', '5', '-s', 'INT', '9'],
    ...['bin/coolports', '-C', root, 'cache', 'add', '-o', join(root, 'far'), 'low'],
  ])
  await mute.unmount()
  expect(said).toContain(`coolports: waiting for "${join(root, 'far')}", which took no package within 5 s`)
  expect(status).toBe(124)
}, 30_000)
