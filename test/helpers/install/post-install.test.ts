import { spawnSync } from 'node:child_process'
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { prepareChange, resumeRoot } from '../../../helpers/install/change.ts'
import { makeDatabase } from '../../../helpers/install/database.ts'
import { Folders } from '../../../helpers/install/folders.ts'
import { changeGeneration } from '../../../helpers/install/generations.ts'
import { installMessage } from '../../../helpers/install/problem.ts'
import { hasOwnDevices } from '../../support/own-devices.ts'
import { DEAD, partBy } from '../../support/part.ts'
import { Ground, write } from './support.ts'

/** A root's own shell: Debian's busybox-static. */
async function withShell(): Promise<Ground> {
  const ground = new Ground()
  const bin = join(ground.contentOf('shell'), 'bin')
  mkdirSync(bin, { recursive: true })
  cpSync('/usr/bin/busybox', join(bin, 'busybox'))
  chmodSync(join(bin, 'busybox'), 0o755)
  for (const applet of ['sh', 'cat', 'ls', 'id', 'mkdir']) symlinkSync('busybox', join(bin, applet))
  await ground.pack('shell', '1')
  return ground
}

const make = (
  ground: Ground,
  name: string,
  version: string,
  script: string,
  needs: readonly string[] = ['shell'],
) => ground.make(name, version, { [`lib/coolports/post-install/${name}`]: script, 'share/x': 'x' }, needs)

test('a script runs in the root, with the root writable and nothing else there', async () => {
  const ground = await withShell()
  const secret = join(ground.folder, 'secret')
  writeFileSync(secret, 'secret')
  await make(
    ground,
    'a',
    '1',
    `mkdir /etc
id -u >/etc/user
ls / >/etc/root
echo "$PATH $HOME" >/etc/env
ls /proc/net/dev >/etc/net 2>&1 || :
if cat '${secret}'; then exit 1; fi`,
  )
  expect(await ground.install('a')).toEqual({ came: ['a-1-1', 'shell-1-1'], went: [], kept: [] })
  expect(ground.read('etc/user')).toBe('0\n')
  expect(ground.read('etc/root')).toBe('bin\netc\nlib\nshare\nvar\n')
  expect(ground.read('etc/env')).toBe('/bin:/usr/bin:/sbin:/usr/sbin /\n')
})

test('scripts run once for each package, and again for another one, what is needed before who needs it', async () => {
  const ground = await withShell()
  await make(ground, 'z', '1', 'echo z1 >>/ran')
  await ground.make('a', '1', { 'lib/coolports/post-install/a': 'echo a1 >>/ran' }, ['z'])
  await ground.install('a')
  expect(ground.read('ran')).toBe('z1\na1\n')
  await ground.make('b', '1', { 'share/b': 'b' })
  await ground.install('b')
  await make(ground, 'z', '2', 'echo z2 >>/ran')
  await ground.install('z')
  expect(ground.read('ran')).toBe('z1\na1\nz2\n')
  ground.remove('a')
  expect(readFileSync(join(ground.root, 'var/lib/coolports/post-install.rec'), 'utf8')).not.toContain(
    'name: a',
  )
})

test.each([0o077, 0o000])('a umask of %o shows in nothing that a script makes', async umask => {
  const ground = await withShell()
  await make(ground, 'a', '1', ': >/file; mkdir /folder')
  const before = process.umask(umask)
  try {
    await ground.install('a')
    expect(process.umask()).toBe(umask)
  } finally {
    process.umask(before)
  }
  const modes = { file: 0o644, folder: 0o755, 'var/lib/coolports/post-install.rec': 0o644 }
  for (const [path, mode] of Object.entries(modes))
    expect([path, statSync(join(ground.root, path)).mode & 0o777]).toEqual([path, mode])
})

test('one that fails is told with its last words, and runs again when it is asked for', async () => {
  const ground = await withShell()
  await make(ground, 'a', '1', 'echo so it is; cat /wanted')
  expect(await ground.install('a')).toMatchObject({
    came: ['a-1-1', 'shell-1-1'],
    unfinished: [
      {
        kind: 'script failed',
        name: 'a',
        why: 'it exited with 1',
        output: ['so it is', "cat: can't open '/wanted': No such file or directory"],
      },
    ],
  })
  ground.write({ wanted: 'here' })
  expect(resumeRoot(ground.root, 'forward')).toEqual({ ok: true, value: 'forward' })
  expect(resumeRoot(ground.root, 'forward')).toMatchObject({
    ok: false,
    error: [{ kind: 'nothing under way' }],
  })
})

test('one that says too much is ended, and told so', async () => {
  const ground = await withShell()
  await make(ground, 'a', '1', 'while :; do echo for ever and ever; done')
  expect(await ground.install('a')).toMatchObject({
    unfinished: [{ kind: 'script failed', why: 'it was ended by its output, longer than 16 MiB' }],
  })
})

test('one of a change that was cut short is run by the next command, also by one that is refused', async () => {
  const ground = await withShell()
  await make(ground, 'a', '1', 'echo ran >/ran')
  const folders = new Folders(makeDatabase(ground.root))
  const prepared = prepareChange(ground.root, folders, { add: await ground.candidates('a'), remove: [] })
  folders.close()
  expect(prepared).toMatchObject({ ok: true })
  expect(ground.remove('unknown')).toContain('it is not installed there')
  expect(ground.earlier).toEqual(['completed'])
  expect(ground.read('ran')).toBe('ran\n')
})

test('what a process left that was killed while a script ran goes with the next script', async () => {
  const ground = await withShell()
  const left = partBy(DEAD, '/var/tmp/coolports-install')
  mkdirSync(join(left, 'devices'), { recursive: true })
  onTestFinished(() => rmSync(left, { recursive: true, force: true }))
  await make(ground, 'a', '1', 'mkdir /ran')
  await ground.install('a')
  expect(existsSync(left)).toBe(false)
})

test('a script cannot write to the database', async () => {
  const ground = await withShell()
  const host = join(ground.folder, 'host')
  writeFileSync(host, 'mine')
  const to = '/var/lib/coolports'
  await make(
    ground,
    'a',
    '1',
    `busybox ln -s '${host}' ${to}/post-install.rec.part && exit 1; echo x >${to}/x && exit 1; :`,
  )
  expect(await ground.install('a')).toEqual({ came: ['a-1-1', 'shell-1-1'], went: [], kept: [] })
  expect(readFileSync(host, 'utf8')).toBe('mine')
})

test('a script that puts another folder in place of the database does not lead its writer out of the root', async () => {
  const ground = await withShell()
  const host = join(ground.folder, 'host')
  const outside = join(ground.folder, 'outside')
  write(outside, { 'lock.1': 'mine' })
  writeFileSync(host, 'mine')
  const to = '/var/lib/coolports'
  await make(
    ground,
    'a',
    '1',
    `busybox mv /var/lib /var/moved
mkdir -p ${to}
busybox cp -r /var/moved/coolports/packages ${to}
for name in post-install.rec.part lock.7; do busybox ln -s '${host}' ${to}/$name; done
printf 'name: shell\\ntar: root::0:0::/:/bin/sh\\n' >${to}/post-install.rec`,
  )
  await ground.install('a')
  const runs = ground.read('var/lib/coolports/post-install.rec')
  expect(runs).toMatch(/^name: a\ntar: [0-9a-f]{64}\n$/)
  await ground.make('b', '1', { 'share/b': 'b' })
  await ground.install('b')
  expect(readFileSync(host, 'utf8')).toBe('mine')

  const astray = `busybox rm -r /var/moved
busybox mv /var/lib /var/moved
mkdir /var/lib
busybox ln -s '${outside}' ${to}`
  await ground.make('c', '1', { 'lib/coolports/post-install/c': astray }, ['shell'])
  expect(await ground.install('c')).toContain('is no folder of this root')
  expect(readFileSync(join(outside, 'lock.1'), 'utf8')).toBe('mine')
  expect(await ground.install('b')).toContain('is no folder of this root')
})

test('a fifo or a symlink in place of the list of what was run holds nothing up', async () => {
  const ground = await withShell()
  await make(ground, 'a', '1', 'echo ran >>/ran')
  await ground.install('a')
  const runs = join(ground.root, 'var/lib/coolports/post-install.rec')
  rmSync(runs)
  spawnSync('mkfifo', [runs])
  await ground.make('b', '1', { 'share/b': 'b' })
  await ground.install('b')
  expect(ground.read('ran')).toBe('ran\nran\n')
})

test('one that somebody changed is not run', async () => {
  const ground = await withShell()
  await make(ground, 'a', '1', 'cat /wanted')
  await ground.install('a')
  ground.write({ 'lib/coolports/post-install/a': 'echo mine >/mine' })
  expect(resumeRoot(ground.root, 'forward')).toMatchObject({
    ok: false,
    error: [{ why: 'it is not the one that came with the package' }],
  })
  expect(Object.keys(ground.shown())).not.toContain('mine')
})

test('a symlink in place of /proc leads nothing astray', async () => {
  const ground = await withShell()
  const outside = join(ground.folder, 'outside')
  mkdirSync(outside)
  write(ground.root, { proc: `-> ${outside}`, 'dev/': '' })
  await make(ground, 'a', '1', 'echo to nowhere >/dev/null; ls /dev >/devices')
  expect(await ground.install('a')).toEqual({ came: ['a-1-1', 'shell-1-1'], went: [], kept: [] })
  expect(ground.read('devices')).toContain('null\n')
})

test.skipIf(!hasOwnDevices('/var/tmp'))(
  "a script can change no mode of the machine's devices (skipped where root may make none: decision 0018)",
  async () => {
    const ground = await withShell()
    write(ground.root, { 'dev/': '' })
    // The modes are what they are: nothing would happen to a machine by this.
    const modes =
      'for f in /dev/null /dev/zero; do busybox chmod 666 $f 2>/dev/null && echo $f; done >/changed; :'
    await make(ground, 'a', '1', modes)
    expect(await ground.install('a')).toEqual({ came: ['a-1-1', 'shell-1-1'], went: [], kept: [] })
    expect(ground.read('changed')).toBe('')
  },
)

test('a script finds a kernel without keyrings, and no open file but stdin, stdout and stderr', async () => {
  const ground = await withShell()
  write(ground.root, { 'proc/': '' })
  await make(
    ground,
    'a',
    '1',
    "busybox grep '^Seccomp:' /proc/self/status >/seccomp; ls /proc/self/fd >/open",
  )
  const done = await ground.install('a')
  expect(done).toEqual({ came: ['a-1-1', 'shell-1-1'], went: [], kept: [] })
  expect(ground.read('seccomp')).toBe('Seccomp:\t2\n')
  // 3 is the listing itself.
  expect(ground.read('open')).toBe('0\n1\n2\n3\n')
})

test('a generation whose script fails does not come to be', async () => {
  const ground = await withShell()
  await make(ground, 'a', '1', 'cat /wanted')
  const done = changeGeneration(ground.root, { add: await ground.candidates('a'), remove: [] })
  expect(done).toMatchObject({ ok: false, error: [{ kind: 'script failed' }] })
  const told = done.ok ? [] : done.error.map(problem => installMessage('install', problem).remedy)
  expect(told).toEqual(['nothing is changed: there is no new generation'])
  expect(ground.shown()).toEqual({ 'generations/': '' })
})
