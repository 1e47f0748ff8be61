import { spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { findProgram } from '../../core/missing.ts'
import { BUSYBOX } from '../helpers/build/workshop.ts'
import { commands } from '../support/commands.ts'
import { fillBase, USERS, VenvShop } from './shop.ts'

let shop: VenvShop
/** One package, whose folders are mounted as they are; and several, which an overlay merges. */
let single = ''
let venv = ''
/** With a folder /etc: of the only package, and of two. */
let alone = ''
let conf = ''

beforeAll(async () => {
  shop = await VenvShop.open()
  await shop.pack('hello', {
    'bin/hello': '#!/bin/sh\necho hello from "$0"\n',
    'share/hello/text': 'hello\n',
    'share/hello/deep/down': 'down\n',
    'bin/greet': '->/bin/hello',
    'odd name/it\'s "$x"': 'odd\n',
  })
  await shop.pack('more', { 'share/more': 'more\n', 'lib/more/conf': 'conf\n' })
  await shop.pack('link', { lib64: '->lib', 'lib/x': 'x' })
  await shop.pack('conf', { 'etc/conf': 'conf\n', 'etc/a/deep': 'deep\n' })
  await shop.pack('conf more', { 'etc/more': '->conf' })
  await shop.pack('all', { 'etc/conf': 'conf\n' }, fillBase)
  single = await shop.make('single', ['base'])
  alone = await shop.make('alone', ['all'])
  conf = await shop.make('conf', ['base', 'conf', 'conf more'])
  venv = await shop.make('several', ['base', 'hello', 'more'])
})
afterAll(() => shop.close())

describe.each(USERS)('a command that %s runs in a venv', (_, user) => {
  test('sees the packages in place of the host, the rest of the host, its own home and folder', () => {
    const cwd = shop.root
    const script =
      'ls /bin/hello /share; cat /share/hello/text /odd*/*; ls -d /etc/passwd /usr; pwd; echo $HOME'
    expect(shop.printed(venv, ['sh', '-c', script], { user, cwd })).toBe(
      `/bin/hello\n\n/share:\nhello\nmore\nhello\nodd\n/etc/passwd\n/usr\n${cwd}\n${cwd}\n`,
    )
    expect(shop.printed(venv, ['hello'], { user })).toBe('hello from /bin/hello\n')
    expect(shop.printed(venv, ['greet'], { user })).toBe('hello from /bin/greet\n')
    expect(shop.run(venv, ['sh', '-c', 'ls /bin/bash /lib/x86_64-linux-gnu'], { user }).status).not.toBe(0)
  })

  test('is that user', () => {
    const id = String(user ?? process.getuid?.())
    for (const one of [single, venv]) expect(shop.printed(one, ['id', '-u'], { user })).toBe(`${id}\n`)
  })

  test('has no empty part in its PATH, which would be the working directory, where packages bring no programs', async () => {
    await shop.pack('data', { 'share/data': 'data\n' })
    const data = await shop.make('data', ['data'])
    const env = { PATH: String(process.env.PATH) }
    const path = [BUSYBOX, 'sh', '-c', 'echo "$PATH"']
    expect(shop.printed(data, path, { user, env })).toBe(`${env.PATH}\n`)
    expect(shop.printed(data, ['--pure', '--bind', BUSYBOX, ...path], { user, env })).toBe('/bin\n')
  })

  test('cannot write into a package', () => {
    for (const one of [single, venv]) {
      const { status, err } = shop.run(one, ['sh', '-c', 'echo x >/bin/busybox || echo x >/bin/new'], {
        user,
      })
      expect(status).not.toBe(0)
      expect(err).toMatch(/Read-only file system|Permission denied/)
    }
  })

  test('gets its words, its input, and hands on its exit status', () => {
    const words = ['a b', "it's", '"$x"', 'two\nlines', '', '-n', '*']
    const script = 'for word; do echo "[$word]"; done; cat; exit 7'
    for (const one of [single, venv]) {
      const ran = shop.run(one, ['sh', '-c', script, 'sh', ...words], { user, input: 'input\n' })
      expect(ran).toEqual({ status: 7, err: '', out: `${words.map(word => `[${word}]\n`).join('')}input\n` })
      expect(shop.run(one, ['sh', '-c', 'kill -KILL $$'], { user }).status).toBe(137)
      expect(shop.run(one, ['--', 'false'], { user }).status).toBe(1)
    }
  })

  test('gets a signal that was sent to venv-run', async () => {
    for (const words of [[], ['--pure']]) {
      const script = 'trap "echo ended; exit 9" TERM; echo ready; while :; do sleep 0.02; done'
      const child = shop.start(venv, [...words, 'sh', '-c', script], { user })
      const lines: string[] = []
      for await (const line of createInterface({ input: child.stdout as NodeJS.ReadableStream })) {
        lines.push(line)
        if (line === 'ready') child.kill('SIGTERM')
      }
      expect(lines).toEqual(['ready', 'ended'])
      expect(child.exitCode ?? (await once(child, 'exit'))[0]).toBe(9)
    }
  })

  test('gets one that was sent before it is there', async () => {
    // The variable is there as soon as signals are waited for; from then on each command takes its time.
    const env = { ...process.env, PS4: '${signal:+$(sleep 0.1)}+ ' } as Readonly<Record<string, string>>
    const child = shop.start(venv, ['sleep', '20'], { user, env, shell: ['sh', '-x'] })
    let said = ''
    for await (const line of createInterface({ input: child.stderr as NodeJS.ReadableStream })) {
      if (/^\+ trap .*INT QUIT/.test(line)) child.kill('SIGTERM')
      said += `${line}\n`
    }
    expect(said).not.toContain('not set')
    expect(child.exitCode ?? (await once(child, 'exit'))[0]).toBe(128 + 15)
  })

  test('may enter the venv again, and another one', () => {
    const nested = [join(venv, 'bin/venv-run'), 'sh', '-c', 'cat /share/more; id -u']
    const kept = ['--merge', 'bin', '--merge', 'lib']
    const id = String(user ?? process.getuid?.())
    expect(shop.printed(venv, [...kept, ...nested], { user })).toBe(`more\n${id}\n`)
  })

  test('finds the host below the packages where the two are merged', () => {
    const script =
      '/bin/busybox ls /lib/more; test -e /lib/x86_64-linux-gnu && echo host; readlink -f /bin/hello'
    expect(shop.printed(venv, ['--merge', 'lib', 'sh', '-c', script], { user })).toBe(
      'conf\nhost\n/bin/hello\n',
    )
  })
})

describe('the folder to start in', () => {
  test('may be one that only the venv has', () => {
    expect(shop.printed(venv, ['--chdir', '/share/hello/deep', 'cat', 'down'])).toBe('down\n')
  })

  test('may be named from the present one', () => {
    for (const option of [[], ['--pure', '--bind', '/usr']])
      expect(shop.printed(venv, [...option, '--chdir', 'share', 'pwd'], { cwd: '/usr' })).toBe('/usr/share\n')
  })

  test('is home where the venv does not have the present one', async () => {
    await shop.pack('hides', { 'usr/x': '' })
    const hiding = await shop.make('hiding', ['base', 'hides'])
    expect(shop.printed(hiding, ['pwd'], { cwd: '/usr/share' })).toBe(`${shop.root}\n`)
    expect(shop.printed(hiding, ['pwd'], { cwd: '/usr' })).toBe('/usr\n')
    expect(shop.printed(venv, ['--pure', 'pwd'])).toBe('/home/venv\n')
  })
})

const hostSettings = ['resolv.conf', 'hosts', 'nsswitch.conf'].filter(name => existsSync(`/etc/${name}`))

describe.each(USERS)('/etc in a pure venv of %s', (_, user) => {
  const id = String(user ?? process.getuid?.())
  const passwd = `venv:x:${id}:${user ?? process.getgid?.()}::/home/venv:/bin/sh\n`
  const list = ['sh', '-c', 'for f in /etc/* /etc/*/*; do [ ! -f "$f" ] || echo "${f#/etc/}"; done']

  test('has a user, and what the network needs of the host, beside what packages have', () => {
    for (const [made, own] of [
      [venv, []],
      [alone, ['conf']],
      [conf, ['a/deep', 'conf', 'more']],
    ] as const) {
      const files = (more: readonly string[]): string =>
        [...own, 'group', 'passwd', ...more].sort().join('\n')
      const said = (...words: readonly string[]): string =>
        shop
          .printed(made, ['--pure', ...words, ...list], { user })
          .split('\n')
          .sort()
          .join('\n')
          .trim()
      expect(said()).toBe(files([]))
      expect(said('--net')).toBe(files(hostSettings))
      expect(shop.printed(made, ['--pure', 'cat', '/etc/passwd'], { user })).toBe(passwd)
      for (const name of hostSettings)
        expect(shop.printed(made, ['--pure', '--net', 'cat', `/etc/${name}`], { user })).toBe(
          readFileSync(`/etc/${name}`, 'utf8'),
        )
    }
  })

  test('has what packages have in place of that', async () => {
    await shop.pack('settings', { 'etc/passwd': 'of a package\n', 'etc/hosts': 'too\n' })
    const made = await shop.make('settings', ['base', 'settings'])
    const cat = ['--pure', '--net', 'cat', '/etc/passwd', '/etc/hosts']
    expect(shop.printed(made, cat, { user })).toBe('of a package\ntoo\n')
    expect(shop.printed(made, ['--merge', 'etc', ...cat], { user })).toBe('of a package\ntoo\n')
  })
})

describe.each(USERS)('a pure venv of %s', (_, user) => {
  const pure = (...words: readonly string[]): string =>
    shop.printed(venv, ['--pure', ...words], { user, env: { SECRET: 'secret', ODD: "it's\n$x" } })

  test('holds nothing of the host', () => {
    const files = 'for f in /* /.[!.]* /etc/* /home/* /home/venv/*; do [ ! -e "$f" ] || echo "$f"; done'
    expect(pure('sh', '-c', files)).toBe(
      '/bin\n/dev\n/etc\n/home\n/lib\n/odd name\n/proc\n/run\n/share\n/tmp\n/etc/group\n/etc/passwd\n/home/venv\n',
    )
    expect(pure('sh', '-c', 'env | sort')).toBe(
      'HOME=/home/venv\nPATH=/bin\nPWD=/home/venv\nSHLVL=1\nTERM=dumb\nTMPDIR=/tmp\n',
    )
    expect(pure('sh', '-c', 'cat /proc/net/dev | while read -r name _; do echo $name; done')).not.toMatch(
      /^(?!Inter|face|lo:).+:/m,
    )
    expect(pure('sh', '-c', 'for p in /proc/[0-9]*; do echo "$p"; done').split('\n').length).toBeLessThan(5)
    expect(pure('hostname')).toBe('venv\n')
    const id = String(user ?? process.getuid?.())
    expect(pure('sh', '-c', 'id -u; touch "$HOME/mine" /tmp/mine && ls "$HOME"')).toBe(`${id}\nmine\n`)
  })

  test('holds what is named', () => {
    const shown = join(shop.root, 'shown here')
    mkdirSync(shown, { recursive: true })
    writeFileSync(join(shown, 'file'), 'shown\n')
    expect(pure('--bind', shown, 'cat', join(shown, 'file'))).toBe('shown\n')
    expect(pure('--bind', join(shown, 'file'), 'cat', join(shown, 'file'))).toBe('shown\n')
    expect(pure('--env', 'SECRET', '--env', 'ODD', '--env', 'UNSET', 'sh', '-c', 'echo "$SECRET $ODD"')).toBe(
      "secret it's\n$x\n",
    )
    expect(pure('--home', '--chdir', '/', 'sh', '-c', 'echo $HOME; ls "$HOME"')).toContain(`${shop.root}\n`)
    const here = readFileSync('/proc/net/dev', 'utf8').split('\n').length
    expect(pure('--net', 'cat', '/proc/net/dev').split('\n').length).toBe(here)
  })
})

test('of a variable that a pure venv keeps, nothing but its name stands in the words of a process', async () => {
  const child = shop.start(venv, ['--pure', '--env', 'SECRET', 'sh', '-c', 'echo "$SECRET"; read -r _'], {
    env: { SECRET: 'of a person\nand no other' },
  })
  for await (const line of createInterface({ input: child.stdout as NodeJS.ReadableStream })) {
    if (!line.includes('and no')) continue
    const words = commands()
    expect(words.filter(one => one.includes('several/bin/venv-run')).length).toBeGreaterThan(0)
    expect(words.filter(one => one.includes('of a person') || one.includes('and no other'))).toEqual([])
    child.stdin?.write('\n')
  }
})

describe('without a command', () => {
  test('venv-run gives a shell, the one of the person if the venv has it', () => {
    const input = 'echo $0; exit 3\n'
    expect(shop.run(venv, [], { input, env: { SHELL: '/bin/bash' } })).toEqual({
      status: 3,
      out: '/bin/sh\n',
      err: '',
    })
    expect(shop.run(single, ['--pure'], { input }).status).toBe(3)
  })

  test('venv-run says so when there is none', async () => {
    await shop.pack('no shell', { 'bin/nothing': '' })
    const bare = await shop.make('bare', ['no shell'])
    const { status, err } = shop.run(bare, ['--pure'])
    expect(status).toBe(2)
    expect(err).toContain('venv-run: cannot open a shell: the venv has none\n')
  })
})

describe.each(['dash', 'busybox ash', 'mksh', 'bash'])('venv-run by %s', shell => {
  test.each([[[]], [['--pure']], [['--merge', 'bin', '--bind', '/etc/passwd']]])(
    'does the same with %j',
    words => {
      const script = 'echo "$1"; cat /share/more; exit 5'
      const ran = shop.run(venv, [...words, 'sh', '-c', script, 'sh', "it's"], { shell: shell.split(' ') })
      expect(ran).toEqual({ status: 5, out: "it's\nmore\n", err: '' })
    },
  )

  test('keeps variables of any text in a pure venv, and no others', () => {
    const env = {
      SECRET: "it's\n$x `y` \\",
      LONG: 'x'.repeat(100_000),
      EMPTY: '',
      'NOT.A.NAME': 'x',
      OTHER: 'x',
      'BASH_FUNC_f%%': '() { echo x; }',
      SHLVL: '7',
    }
    const kept = ['SECRET', 'LONG', 'EMPTY', 'UNSET', 'HOME', 'PPID'].flatMap(name => ['--env', name])
    const script =
      'env | while IFS= read -r line; do echo "${line%%=*}"; done | sort; echo "$SECRET"; echo ${#LONG} "${EMPTY-none}"; echo "$HOME"'
    expect(
      shop.printed(venv, ['--pure', ...kept, 'sh', '-c', script], { shell: shell.split(' '), env }),
    ).toBe(
      `$x \`y\` \\\nEMPTY\nHOME\nLONG\nPATH\n${'PPID\n'}PWD\nSECRET\nSHLVL\nTERM\nTMPDIR\n${env.SECRET}\n100000 \n${shop.root}\n`,
    )
    // PATH itself may be one.
    expect(
      shop.printed(venv, ['--pure', '--env', 'PATH', '/bin/sh', '-c', 'echo "$PATH"'], {
        shell: shell.split(' '),
      }),
    ).toBe(`${process.env.PATH}\n`)
  })

  test.each([[[]], [['--pure']]])('runs with %j where stdin is closed', words => {
    const script = '"$@" <&-'
    const [program, ...rest] = [...shell.split(' '), join(venv, 'bin/venv-run'), ...words]
    const ran = spawnSync(
      'sh',
      ['-c', script, 'sh', program ?? '', ...rest, 'sh', '-c', 'cat; echo there; exit 3'],
      {
        encoding: 'utf8',
        cwd: shop.root,
      },
    )
    expect(ran).toMatchObject({ status: 3, stdout: 'there\n', stderr: '' })
  })

  test('merges no folder with what is a symlink in a package', async () => {
    const linked = await shop.make('linked', ['base', 'link'])
    expect(shop.run(linked, ['--merge', 'lib64', 'true'], { shell: shell.split(' ') })).toMatchObject({
      status: 2,
      err: 'venv-run: cannot merge /lib64: packages have a symlink or a file there, and nothing can lie below that\n',
    })
  })

  test('tells what is wrong with its words', () => {
    const said = (...words: readonly string[]): string => {
      const { status, err } = shop.run(venv, words, { shell: shell.split(' ') })
      expect(status).toBe(2)
      return err
    }
    expect(said('--nothing')).toContain('venv-run: cannot run: there is no option --nothing\n')
    expect(said('--bind')).toContain('venv-run: cannot run: --bind needs a value\n')
    expect(said('--bind', '/not there')).toContain('venv-run: cannot bind /not there: there is no such file')
    expect(said('--bind', '/bin/bash', 'true')).toContain("cannot bind /bin/bash: /bin is the packages' here")
    expect(said('--env', 'x;y', 'true')).toContain('cannot keep the variable x;y')
    expect(said('--merge', '../x', 'true')).toContain('cannot merge /../x')
  })
})

describe('a terminal', () => {
  /** Types `keys` when the command has said `ready`, at a terminal of its own, by the script program of Debian. */
  const typed = (script: string, keys: string, words: readonly string[] = []): string => {
    writeFileSync(join(shop.root, 'typed.sh'), script)
    const line = [...words, 'sh', join(shop.root, 'typed.sh')].map(word => `'${word}'`).join(' ')
    const program = `'${venv}/bin/venv-run' --bind '${shop.root}' ${line}`
    const keyboard = `while ! grep -q ready log 2>/dev/null; do sleep 0.02; done; printf '${keys}'; while ! grep -q COMMAND_EXIT_CODE log; do sleep 0.02; done`
    const folder = join(shop.root, `terminal${Math.random()}`)
    mkdirSync(folder)
    const { status, out, err } = shop.run('', [], {
      cwd: folder,
      env: { SHELL: '/bin/sh' },
      shell: ['/bin/sh', '-c', `(${keyboard}) | script -q -f -c "$1" log >/dev/null; cat log`, 'sh', program],
    })
    if (status !== 0) throw new Error(err)
    return out
  }

  test.each([[[]], [['--pure']]])("is the command's own, with %j: what is typed, and Ctrl-C", words => {
    expect(typed('tty; echo ready; read -r x; echo "read $x"; exit 4\n', 'words\\n', words)).toMatch(
      /ready\s[\s\S]*read words\s[\s\S]*CODE="4"/,
    )
    expect(typed('echo ready; exec sleep 20\n', '\\003', words)).toMatch(/ready[\s\S]*CODE="130"/)
    // What ends by itself when it is interrupted is waited for.
    const slow = 'trap "sleep 0.3; echo tidied; exit 4" INT\necho ready\nwhile :; do sleep 0.02; done\n'
    expect(typed(slow, '\\003', words)).toMatch(/ready[\s\S]*tidied\s[\s\S]*CODE=/)
  })
})

describe('where no overlay can be mounted', () => {
  /** A folder of programs for PATH: all that are needed, but for those that `other` says otherwise. */
  const path = (name: string, other: Readonly<Record<string, string>>): string => {
    const folder = join(shop.root, name)
    mkdirSync(folder)
    for (const program of [
      'sh',
      'bwrap',
      'unshare',
      'mount',
      'env',
      'id',
      'readlink',
      'flock',
      'mkdir',
      'rm',
      'cut',
    ])
      if (!(program in other)) symlinkSync(findProgram(program) ?? '', join(folder, program))
    for (const [program, text] of Object.entries(other))
      if (text) writeFileSync(join(folder, program), text, { mode: 0o755 })
    return folder
  }
  const script = `cd /; for f in bin/hello bin/greet share/* share/hello/* share/*/*/* lib/*/* odd*/*
    do [ -d "$f" ] || { echo "$f"; cat "$f"; }; done; hello; greet; readlink bin/sh`

  const shellOf = (name: string): string =>
    `#!/bin/sh\nexec ${findProgram(name)}${name === 'busybox' ? ' sh' : ''} "$@"\n`

  const etc = [
    'sh',
    '-c',
    'cd /etc; for f in * */* .[!.]*; do [ ! -f "$f" ] || { echo "$f"; cat "$f"; }; done; stat -c %a /etc passwd; touch mine 2>/dev/null || echo not here',
  ]

  test.each(USERS)('%s sees the same files', (_, user) => {
    const failing = '#!/bin/sh\ncase "$*" in *overlay*) exit 1 ;; esac\nexec /usr/bin/mount "$@"\n'
    const withOverlay = shop.printed(venv, ['sh', '-c', script], { user })
    expect(withOverlay).toContain('hello from /bin/hello\n')
    const kinds: readonly (readonly [string, Readonly<Record<string, string>>])[] = [
      ['no overlay', { mount: failing }],
      ['no mount', { mount: '' }],
      ['no namespaces', { unshare: '#!/bin/sh\nexit 1\n' }],
      ...['mksh', 'bash', 'busybox'].map(
        shell => [`none for ${shell}`, { mount: failing, sh: shellOf(shell) }] as const,
      ),
    ]
    for (const [name, other] of kinds) {
      const PATH = path(`${name} ${user}`, other)
      expect(shop.printed(venv, ['sh', '-c', script], { user, env: { PATH } })).toBe(withOverlay)
      expect(shop.printed(venv, ['--pure', 'sh', '-c', script], { user, env: { PATH } })).toBe(withOverlay)
      for (const one of [single, venv, conf, alone])
        expect(shop.printed(one, ['--pure', '--net', ...etc], { user, env: { PATH } })).toBe(
          shop.printed(one, ['--pure', '--net', ...etc], { user }),
        )
      const { status, err } = shop.run(venv, ['--merge', 'lib', 'true'], { user, env: { PATH } })
      expect([status, err]).toEqual([
        2,
        expect.stringContaining('venv-run: cannot merge /lib: no overlay can be mounted here'),
      ])
    }
  })
})
