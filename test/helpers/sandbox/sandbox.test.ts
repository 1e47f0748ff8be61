import { spawnSync } from 'node:child_process'
import { mkdirSync, readlinkSync, symlinkSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { findProgram } from '../../../core/missing.ts'
import { hasOwnDevices } from '../../support/own-devices.ts'
import { Workshop } from '../build/workshop.ts'

let shop: Workshop
beforeAll(async () => {
  shop = await Workshop.open()
  shop.closure('seen', 'base')
  await shop.pack('more', folder => writeFileSync(join(folder, 'more'), 'more\n'))
  shop.closure('layered', 'base', 'more')
  shop.closure('planted', 'base', 'more')
  mkdirSync(join(shop.root, 'few'))
  for (const program of ['bwrap', 'mkfifo', 'mknod', 'setarch', 'setpriv', 'sh']) {
    const path = findProgram(program)
    if (path !== undefined) symlinkSync(path, join(shop.root, 'few', program))
  }
})
afterAll(() => shop.close())

/** Without unshare and mount there is no overlay: the root of several packages is a farm of hard links to the store. */
const pathFor = (name: string): Readonly<Record<string, string>> =>
  name === 'planted' ? { PATH: join(shop.root, 'few') } : {}

/** What a script prints in a build of `name`. */
function printed(
  name: string,
  script: string,
  env: Readonly<Record<string, string>> = {},
  umask = 0o022,
): string {
  const ran = shop.build(name, `exec >"$DESTDIR/out" 2>&1\n${script}\n`, {
    env: { ...pathFor(name), ...env },
    umask,
  })
  expect(ran.stderr).toContain(`built ${name}-1-1`)
  const shown = shop.run(name, ['--open', 'x', '--closure', '.shown', '--', 'cat', '/out'])
  expect(shown.stderr).toBe('')
  return shown.stdout
}

describe.each(['seen', 'layered', 'planted'])('the sandbox of %s', name => {
  beforeAll(() => writeFileSync(join(shop.folder(name), '.shown'), '../base/.pkg.tar.gz\n.pkg.tar.gz\n'))

  test('has this environment and no other', () => {
    expect(printed(name, '/bin/env -u SHLVL env | sort')).toBe(`DESTDIR=/destdir
HOME=/home/build
LC_ALL=C
PATH=/bin:/usr/bin
PWD=/home/build/src
SOURCE_DATE_EPOCH=1609459200
TMPDIR=/tmp
TZ=UTC0
`)
  })

  test('holds these files and no others', () => {
    const more = name === 'seen' ? '' : '/more\n'
    expect(printed(name, "find / -path /bin -prune -o -path '/proc/*' -prune -o -print | sort")).toBe(`/
/build.sh
/destdir
/destdir/out
/dev
/dev/fd
/dev/full
/dev/null
/dev/random
/dev/shm
/dev/stderr
/dev/stdin
/dev/stdout
/dev/tty
/dev/urandom
/dev/zero
/etc
/etc/group
/etc/passwd
/home
/home/build
/home/build/src
${more}/proc
/sources
/tmp
/usr
/usr/bin
/usr/bin/env
`)
  })

  test('is run by the same user, on the same host, in the same folder, under the same umask', () => {
    expect(
      printed(name, 'id; hostname; pwd; umask; readlink /usr/bin/env; cat /etc/passwd /etc/group; ulimit -n'),
    ).toBe(`uid=1000(build) gid=1000(build)
build
/home/build/src
0022
/bin/env
build:x:1000:1000:build:/home/build:/bin/sh
build:x:1000:
1024
`)
  })

  test('may be written to in home, destdir and tmp alone', () => {
    expect(
      printed(
        name,
        'for d in / /bin /dev /etc /home /sources /usr /usr/bin /home/build /destdir /tmp /dev/shm; do (touch $d/x) 2>/dev/null && echo $d; done; :',
      ),
    ).toBe('/home/build\n/destdir\n/tmp\n/dev/shm\n')
  })

  test('changes nothing that it is shown: what it is made of and its sources are those of the store', () => {
    const [folder, source] = [shop.folder(name), shop.source('x.txt', 'x')]
    writeFileSync(join(folder, '.fetch'), source)
    mkdirSync(join(folder, 'files'), { recursive: true })
    writeFileSync(join(folder, 'files/x'), 'x')
    const shown = `/bin/busybox /build.sh /etc/passwd /files/x /sources/x.txt${name === 'seen' ? '' : ' /more'}`
    const ran = shop.build(
      name,
      `for f in ${shown}; do
  [ -f $f ] || echo "no $f"
  chmod 644 $f 2>/dev/null && echo "mode of $f"
  (: >>$f) 2>/dev/null && echo $f
done >"$DESTDIR/out"; :`,
      { args: ['--fetch', '.fetch', '--files', 'files'], env: pathFor(name) },
    )
    expect(ran.stderr).toContain(`built ${name}-1-1`)
    const seen = shop.run(name, ['--open', 'x', '--closure', '.shown', '--', 'cat', '/out'])
    expect(seen).toEqual({ status: 0, stdout: '', stderr: '' })
  })

  test('shares no namespace with the host', () => {
    const kinds = ['cgroup', 'ipc', 'mnt', 'net', 'pid', 'user', 'uts']
    const own = printed(name, `cd /proc/self/ns; for n in ${kinds.join(' ')}; do readlink $n; done`)
    const hosts = kinds.map(kind => readlinkSync(`/proc/self/ns/${kind}`))
    expect(own.trimEnd().split('\n').length).toBe(kinds.length)
    expect(hosts.filter(one => own.includes(one))).toEqual([])
  })

  test('has no privileges', () => {
    expect(printed(name, "grep -E '^(Cap|NoNewPrivs)' /proc/self/status")).toBe(`CapInh:\t0000000000000000
CapPrm:\t0000000000000000
CapEff:\t0000000000000000
CapBnd:\t0000000000000000
CapAmb:\t0000000000000000
NoNewPrivs:\t1
`)
  })

  test('can change no setting of the machine in /proc', () => {
    // To open a file to append to it does nothing by itself. What everybody may write to is no setting.
    const settings = "find /proc -path '/proc/[0-9]*' -prune -o -type f ! -perm -002 -print"
    const open = `${settings} | while read -r f; do (: >>"$f") 2>/dev/null && echo "$f" || :; done`
    expect(printed(name, `${open}; :`)).toBe('')
  })

  test.skipIf(!hasOwnDevices())(
    "can change no mode of the machine's devices (skipped where root may make none: decision 0018)",
    () => {
      const script =
        'for f in /dev/null /dev/zero; do chmod 666 $f 2>/dev/null && echo $f; echo x >$f || :; done; :'
      expect(printed(name, script)).toBe('')
    },
  )

  test('can neither add to its /dev nor take from it, and writes to /dev/shm alone', () => {
    const script = `(chmod 777 /dev; rm -rf /dev/*; mkdir /dev/x; mv /dev/null /dev/y; ln -s x /dev/z) 2>/dev/null || :
echo x >/dev/shm/x; echo /dev/*; stat -c %a /dev; : >/dev/null`
    expect(printed(name, script)).toBe(
      '/dev/fd /dev/full /dev/null /dev/random /dev/shm /dev/stderr /dev/stdin /dev/stdout /dev/tty /dev/urandom /dev/zero\n755\n',
    )
  })

  test('cannot use the keyrings of the kernel, nor the key of whoever builds', () => {
    expect(printed(name, "grep '^Seccomp:' /proc/self/status; keyring || echo $?")).toBe('Seccomp:\t2\n38\n')
  })

  test.skipIf(spawnSync('setarch', ['-R', 'true']).status !== 0)(
    'finds its memory at the same addresses each time (skipped where that is forbidden)',
    () => {
      const script = "grep -e 'stack' -e heap /proc/self/maps; cat /proc/self/personality"
      expect(printed(name, script)).toMatch(/00040000\n$/)
      expect(printed(name, script)).toBe(printed(name, script))
    },
  )

  test('sees no process but its own', () => {
    const pids = printed(name, 'for p in /proc/[0-9]*; do tr "\\0" " " <$p/cmdline; echo; done')
    expect(pids.replace(/^.*bwrap --args \d+/, 'bwrap')).toMatch(
      /^bwrap -- \/bin\/sh -eu \/build.sh \n\/bin\/sh -eu \/build.sh \n$/,
    )
    expect(printed(name, 'kill -0 1 2>/dev/null && cat /proc/1/environ; :')).toBe('')
  })

  test('has no open files but stdin, stdout and stderr', () => {
    // 10 is the shell's own hold on its script; the last is the listing itself.
    expect(printed(name, 'cd /proc/self/fd; for f in *; do [ ! -e $f ] || echo $f; done')).toBe(
      '0\n1\n10\n2\n',
    )
  })
})

test('nothing of the caller gets in: environment, locale, time zone, umask, folder of the store', () => {
  shop.closure('seen', 'base')
  const script =
    'env | sort; umask; : >/tmp/x; stat -c %a /tmp/x /home/build /destdir /tmp /; env | grep -i -e secret -e german || :'
  const plain = printed('seen', script)
  const odd = printed(
    'seen',
    script,
    {
      SECRET: 'x',
      LC_ALL: 'de_DE.UTF-8',
      LANG: 'german',
      TZ: 'Asia/Tokyo',
      CFLAGS: '-O9',
      TMPDIR: '/var/tmp',
      HOME: '/root',
    },
    0o077,
  )
  expect(odd).toBe(plain)
  expect(plain).not.toContain(shop.root)
})

test('the network cannot be reached, not even the host by its loopback', async () => {
  const server = createServer((_, answer) => answer.end('hello'))
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  const seen = printed(
    'seen',
    `ifconfig -a | grep -c encap; nc -w 1 127.0.0.1 ${port} -e /bin/true && echo reached || echo refused; grep -c : /proc/net/dev`,
  )
  server.close()
  expect(seen.split('\n').at(0)).toBe('1')
  expect(seen).toContain('refused')
})

test('files of the host cannot be reached by any path', () => {
  const secret = join(shop.root, 'secret')
  writeFileSync(secret, 'secret\n')
  expect(
    printed(
      'seen',
      `for f in '${secret}' /etc/hostname /etc/os-release /proc/1/root'${secret}' /root /var; do [ ! -e "$f" ] || echo "$f"; done`,
    ),
  ).toBe('')
})

test('host paths are shown when they are asked for, symlinks as symlinks', () => {
  writeFileSync(join(shop.folder('hosted'), '.bclosure'), '')
  const hosts = ['/usr', '/bin', '/lib', '/lib64', '/nowhere'].flatMap(path => ['--host', path])
  const ran = shop.build(
    'hosted',
    'ls -d / /usr/bin/env; (touch /usr/x) 2>/dev/null || echo read-only; [ ! -e /root ]',
    {
      args: hosts,
      env: { COOLPORTS_VERBOSE: '1' },
    },
  )
  expect(ran.stderr).toContain('/usr/bin/env\nread-only\n')
  expect(ran.status).toBe(0)
})
