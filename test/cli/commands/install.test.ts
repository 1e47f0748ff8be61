import { spawn, spawnSync } from 'node:child_process'
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { formatProcess, nameOf } from '../../../core/process-name.ts'
import { mayMountDisk } from '../../support/mount.ts'
import { mustRun, run, smallTree } from '../../support/small-tree.ts'
import { manifest, type Tree } from '../../support/tree.ts'
import { coolports } from '../support.ts'

const MANY = 400

/** A tree with a seed, a program that needs it, and a package of many files; a root beside. */
function tree() {
  const made = smallTree({
    hello: manifest({
      buildDeps: "['seed']",
      runDeps: "['seed']",
      strip: "'none'",
      build: `sh\`mkdir -p "$DESTDIR/bin" "$DESTDIR/etc"
printf '#!/bin/sh\\necho hello from $(cat /etc/hello)\\n' >"$DESTDIR/bin/hello"
busybox chmod 755 "$DESTDIR/bin/hello"
echo here >"$DESTDIR/etc/hello"\``,
    }),
    conf: manifest({
      buildDeps: "['seed']",
      runDeps: "['seed']",
      build: 'sh`mkdir "$DESTDIR/etc"`',
      postInstall: 'sh`echo "made in $(pwd), $HOME" >/etc/conf; (cat <&200) >/etc/seen 2>&1 || :`',
    }),
    many: manifest({
      buildDeps: "['seed']",
      build: `sh\`mkdir -p "$DESTDIR/share/many"
i=0; while [ $i -lt ${MANY} ]; do echo "$i" >"$DESTDIR/share/many/$i"; i=$((i + 1)); done\``,
    }),
  })
  const root = join(placeForRoots(), 'an installed root')
  onTestFinished(() => rmSync(dirname(root), { recursive: true, force: true }))
  return { tree: made, root }
}

/** In memory where there is such a place: every change has the whole disk flushed. */
const placeForRoots = (): string =>
  mkdtempSync(join(existsSync('/dev/shm') ? '/dev/shm' : tmpdir(), 'coolports root-'))

/** Within this process, which saves most of the time. */
async function said(made: Tree, ...words: readonly string[]) {
  const { status, out, err } = await coolports(made, ...words)
  return { status, said: out + err }
}

describe('an installed root', () => {
  test('runs its programs, knows its files, and is left as it was by removal', async () => {
    const { tree: made, root } = tree()
    expect(mustRun(made, ['bin/coolports', '-C', made.root, 'install', '--root', root, 'hello'])).toMatch(
      /coolports: installed hello-1\.0-1\ncoolports: installed seed-1-1\n$/,
    )
    const chrooted = spawnSync('chroot', [root, '/bin/hello'], {
      encoding: 'utf8',
      env: { PATH: '/usr/sbin:/sbin:/usr/bin:/bin' },
    })
    expect(chrooted).toMatchObject({ status: 0, stdout: 'hello from here\n', stderr: '' })
    expect(await said(made, 'list', '--root', root)).toEqual({
      status: 0,
      said: 'hello  1.0-1\nseed   1-1    brought along\n',
    })
    expect(await said(made, 'owns', '--root', root, '/bin/hello', 'bin/sh')).toEqual({
      status: 0,
      said: 'hello-1.0-1  /bin/hello\nseed-1-1  bin/sh\n',
    })
    for (const at of ['bin/hello', 'bin/hello/below']) {
      const path = JSON.stringify(join(root, at))
      expect(await said(made, 'install', '--root', join(root, at), 'seed')).toEqual({
        status: 2,
        said: `coolports: cannot install: there is a file where a folder has to be\n  path ${path}\n`,
      })
    }
    for (const word of ['install', 'remove', 'owns', 'verify'])
      expect(await said(made, word, '--root', '', 'seed')).toEqual({
        status: 2,
        said: `coolports: cannot run: --root needs a folder\n  see: coolports ${word} --help\n`,
      })
    expect(await said(made, 'owns', '--root', root, '/bin/none')).toEqual({
      status: 1,
      said: 'coolports: cannot tell the owner of "/bin/none": no package of this root has it\n',
    })
    expect((await said(made, 'files', '--root', root, 'hello')).said).toBe(
      [
        'drwxr-xr-x          0 bin',
        '-rwxr-xr-x         44 bin/hello',
        'drwxr-xr-x          0 etc',
        '-rw-r--r--          5 etc/hello',
        '',
      ].join('\n'),
    )
    expect(await said(made, 'verify', '--root', root)).toEqual({ status: 0, said: '' })
    writeFileSync(join(root, 'etc/hello'), 'elsewhere\n')
    expect(await said(made, 'verify', '--root', root)).toEqual({
      status: 0,
      said: 'edited        hello  etc/hello\n',
    })
    rmSync(join(root, 'bin/hello'))
    expect(await said(made, 'verify', '--root', root, 'hello')).toEqual({
      status: 1,
      said: 'missing       hello  bin/hello\nedited        hello  etc/hello\n',
    })
    expect((await said(made, 'remove', '--root', root, 'seed')).said).toBe(
      'coolports: cannot remove seed: others need it\n  by hello\n',
    )
    expect(await said(made, 'remove', '--root', root, 'hello')).toEqual({
      status: 0,
      said: 'coolports: removed hello-1.0-1\ncoolports: removed seed-1-1\ncoolports: kept etc/hello, which was edited\n',
    })
    expect(readdirSync(root)).toEqual(['etc', 'var'])
    expect(await said(made, 'list', '--root', root)).toEqual({ status: 0, said: '' })
  })

  // At every moment by interrupted.test.ts; here by a real kill.
  test('of a process that is killed is completed, or as it was before', async () => {
    const { tree: made, root } = tree()
    mustRun(made, ['bin/coolports', '-C', made.root, 'build', '--no-test', 'many'])
    const shown = (path: string) => (existsSync(join(root, path)) ? readdirSync(join(root, path)) : [])
    let cut = 0
    for (const [moment, way] of [
      [100, '--rollback'],
      [200, '--resume'],
    ] as const) {
      rmSync(root, { recursive: true, force: true })
      await killed(made, root, () => shown('share/many').length >= moment)
      const { status } = await said(made, 'install', '--root', root, way)
      const files = shown('share/many').length
      if (status === 0) cut++
      if (status === 0) expect(files).toBe(way === '--resume' ? MANY : 0)
      // The process was faster than the kill.
      else expect(files).toBe(MANY)
      expect(await said(made, 'verify', '--root', root)).toEqual({ status: 0, said: '' })
      expect(shown('var/lib/coolports')).toEqual(expect.arrayContaining(['packages']))
      expect(shown('var/lib/coolports')).not.toContain('change')
    }
    expect(cut).toBeGreaterThan(0)
  }, 120_000)

  test('that is being changed is told as busy, and a folder that is none is told as well', async () => {
    const { tree: made, root } = tree()
    expect(await said(made, 'list', '--root', root)).toEqual({
      status: 2,
      said: `coolports: cannot read in ${JSON.stringify(root)}: there is no such folder\n`,
    })
    mkdirSync(root)
    expect(await said(made, 'owns', '--root', root, '/bin/sh')).toEqual({
      status: 1,
      said: `coolports: cannot read ${JSON.stringify(root)}: nothing was installed there\n`,
    })
    mkdirSync(join(root, 'var/lib/coolports/packages'), { recursive: true })
    symlinkSync(formatProcess(nameOf(process.pid)), join(root, 'var/lib/coolports/lock.1'))
    expect(await said(made, 'remove', '--root', root, 'seed')).toEqual({
      status: 2,
      said: `coolports: cannot change ${JSON.stringify(root)}: another program is changing it\n  process ${process.pid}\n`,
    })
    expect((await said(made, 'install', '--root', root)).said).toContain(
      'either packages are named, or --resume or --rollback',
    )
    expect((await said(made, 'install', 'hello')).said).toContain('missing required argument: root')
  })
})

/** Starts the installation of `many`, and kills it as soon as `is` so. */
function killed(made: { readonly root: string }, root: string, is: () => boolean): Promise<void> {
  return new Promise(resolve => {
    const child = spawn('bin/coolports', ['-C', made.root, 'install', '--root', root, 'many'], {
      cwd: made.root,
      stdio: 'ignore',
      detached: true,
      env: { ...process.env, COOLPORTS_STORE: join(made.root, '.store') },
    })
    const watch = setInterval(() => {
      if (is()) process.kill(-(child.pid ?? 0), 'SIGKILL')
    }, 1)
    child.once('close', () => {
      clearInterval(watch)
      resolve()
    })
  })
}

test('a post-install script has no file that is open in the shell of who installs', () => {
  const { tree: made, root } = tree()
  const inShell = ['bash', '-c', 'exec 200</etc/passwd; exec "$@"', 'bash']
  mustRun(made, [...inShell, 'bin/coolports', '-C', made.root, 'install', '--root', root, 'conf'])
  expect(readFileSync(join(root, 'etc/seen'), 'utf8')).toMatch(/200: Bad file descriptor\n$/)
})

test.skipIf(!mayMountDisk())('a post-install script that finds no place is told, and is run later', () => {
  const { tree: made, root } = tree()
  const install = ['bin/coolports', '-C', made.root, 'install', '--root', root]
  const nowhere = 'mount -t tmpfs -o ro none /var/tmp && TMPDIR=/proc/nowhere exec "$@"'
  const { status, said } = run(made, ['unshare', '-m', 'sh', '-c', nowhere, 'sh', ...install, 'conf'])
  expect(said).toContain('coolports: installed conf-1.0-1\n')
  expect(said).toContain('cannot run the post-install script of conf: ENOENT')
  expect(status).toBe(1)
  expect(existsSync(join(root, 'etc/conf'))).toBe(false)
  mustRun(made, [...install, '--resume'])
  expect(existsSync(join(root, 'etc/conf'))).toBe(true)
})

test('install --generations keeps states, and rollback switches', async () => {
  const { tree: made, root } = tree()
  const door = (...words: readonly string[]) => mustRun(made, ['bin/coolports', '-C', made.root, ...words])
  expect(door('install', '--root', root, '--generations', 'hello', 'conf')).toContain(
    'coolports: generation 1 is current\n',
  )
  expect(readFileSync(join(root, 'current/etc/conf'), 'utf8')).toBe('made in /, /\n')
  expect(door('remove', '--root', root, 'hello', 'conf')).toContain('coolports: generation 2 is current\n')
  expect(door('rollback', '--root', root)).toBe('coolports: generation 1 is current\n')
  for (const word of ['first', '1.5', ''])
    expect((await said(made, 'rollback', '--root', root, '--to', word)).said).toContain(
      'cannot run: --to needs the number of a generation',
    )
  expect(await said(made, 'install', '--root', root, '--resume')).toEqual({
    status: 1,
    said: `coolports: cannot go on in ${JSON.stringify(root)}: no change is under way there\n`,
  })
  expect(door('list', '--root', root)).toBe('conf   1.0-1\nhello  1.0-1\nseed   1-1    brought along\n')
  const chrooted = spawnSync('chroot', [join(root, 'current'), '/bin/hello'], {
    encoding: 'utf8',
    env: { PATH: '/usr/sbin:/sbin:/usr/bin:/bin' },
  })
  expect(chrooted).toMatchObject({ status: 0, stdout: 'hello from here\n' })
})
