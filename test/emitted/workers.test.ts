import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import {
  chmodSync,
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  symlinkSync,
} from 'node:fs'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { beforeEach, describe, expect, test } from 'vitest'
import { mustRun, run, smallTree } from '../support/small-tree.ts'
import type { Tree } from '../support/tree.ts'

// Under bin/do a process that stays does the work of bin/do-build and bin/do-fetch. Nobody may see a
// difference to a process of their own. Scripts run the door by hand where REDO_RUN is not set.

const BY_HAND = 'env -u REDO_RUN'

let tree: Tree
beforeEach(async () => {
  tree = smallTree({})
  expect((await tree.generate()).problems).toEqual([])
  mustRun(tree, ['bin/do', 'pkg/seed/.pkg.tar.gz'])
  tree.write('pkg/one/closure', '../seed/.pkg.tar.gz\n')
})

/** Writes the rule of `target` in the folder pkg/one. */
const rule = (target: string, text: string): void => tree.write(`pkg/one/${target}.do`, text)

/** A call of do-build, the script of the build below it. */
const build = (label: string, script: string, before = ''): string =>
  `${before} ../../bin/do-build --package ${label} --closure closure --out ${label}.tar.gz <<'END'\n${script}\nEND\n`

const redo = (...words: readonly string[]) => run(tree, ['bin/do', ...words])

/** The processes of workers and of node that belong to this tree, by their command lines. */
function processes(pattern: string): readonly number[] {
  return readdirSync('/proc')
    .map(Number)
    .filter(pid => {
      try {
        const words = readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ')
        const environment = readFileSync(`/proc/${pid}/environ`, 'utf8')
        return words.includes(pattern) && environment.includes(`REDO_RUN=${tree.root}`)
      } catch {
        return false
      }
    })
}

async function until(what: () => boolean): Promise<void> {
  for (let tries = 0; !what(); tries += 1) {
    if (tries === 1600) throw new Error('it never came to be')
    await wait(25)
  }
}

function start(env: NodeJS.ProcessEnv, ...words: readonly string[]): ChildProcess {
  return spawn('bin/do', words, {
    cwd: tree.root,
    detached: true,
    stdio: ['ignore', 'ignore', openSync(join(tree.root, 'said'), 'w')],
    env: { ...process.env, COOLPORTS_STORE: join(tree.root, '.store'), ...env },
  })
}

const SHELLS = ['dash', 'busybox', 'mksh', 'bash'] as const

/** Where sh is that shell. */
function pathWith(shell: string): string {
  const program = spawnSync('sh', ['-c', `command -v ${shell}`], { encoding: 'utf8' }).stdout.trim()
  expect(program).not.toBe('')
  mkdirSync(join(tree.root, 'path'))
  symlinkSync(program, join(tree.root, 'path/sh'))
  return `${tree.root}/path:${process.env.PATH}`
}

const exit = (child: ChildProcess): Promise<number | string | null> =>
  new Promise(resolve => child.once('exit', (status, signal) => resolve(signal ?? status)))

/** How many sleep in the sandboxes of this test. */
const sleepers = (): number =>
  Number(spawnSync('pgrep', ['-fc', `^sleep ${nap}$`], { encoding: 'utf8' }).stdout)
let nap = 0
beforeEach(() => {
  nap = 100_000 + Math.floor(Math.random() * 800_000)
})

/** What is left of builds in the package's folder. */
const leftOver = (): readonly string[] =>
  readdirSync(join(tree.root, 'pkg/one')).filter(name => /^\.build\.\d|\.tmp$|\.part$/.test(name))

/** Runs a target; answers with how often node was started for it. */
function starts(target: string): number {
  tree.write(
    'path/node',
    `#!/bin/sh\necho started >>"${tree.root}/started"\nexec "${process.execPath}" "$@"\n`,
  )
  chmodSync(join(tree.root, 'path/node'), 0o755)
  mustRun(tree, ['bin/do', target], { PATH: `${tree.root}/path:${process.env.PATH}` })
  return tree.read('started').split('\n').length - 1
}

test('a build under bin/do starts no node but that of the run', () => {
  rule(
    'x',
    `exec >&2\n../../bin/do-fetch ../seed/.fetch\n${build('x', 'echo x >$DESTDIR/x')}mv x.tar.gz "$3"\n`,
  )
  expect(starts('pkg/one/x')).toBe(1)
})

test('a door of another tree does its work itself', () => {
  rule(
    'x',
    `exec >&2\n${build('x', ':').replace('../../bin', `"${smallTree({}).root}"/bin`)}mv x.tar.gz "$3"\n`,
  )
  expect(starts('pkg/one/x')).toBe(2)
})

describe('a worker and a process of its own do the same:', () => {
  const failing = 'echo out; echo err >&2; exit 7'
  test.each([
    ['a build that goes well', build('x', 'echo text >$DESTDIR/x')],
    ['a build that fails', build('x', failing)],
    [
      'what a build is born with',
      build(
        'x',
        `env; umask; ulimit -a; cat /proc/self/personality; ls /proc/self/fd
grep -E '^(Sig[PBIC]|Cap|Umask|Groups|Seccomp|NoNewPrivs|Cpus_allowed:)' /proc/self/status; exit 1`,
      ),
    ],
    ['a script that is killed', build('x', 'kill -9 $$')],
    ['a verbose build', build('x', failing, 'COOLPORTS_VERBOSE=1')],
    ['the jobs that a build may run', build('x', 'echo "$MAKEFLAGS" >$DESTDIR/x; cat $DESTDIR/x; exit 1')],
    ['jobs without a jobserver', build('x', 'echo "$MAKEFLAGS"; exit 1', 'MAKEFLAGS= COOLPORTS_JOBS=3')],
    ['a closure that is missing', build('x', ':').replace('--closure closure', '--closure none')],
    [
      'a test',
      '../../bin/do-build --package x --test --shell ../seed/.pkg.tar.gz --closure closure --out x.tar.gz <<E\nls /\nE\n',
    ],
    ['misuse', '../../bin/do-build --nonsense\n'],
    ['help', '../../bin/do-build --help\n'],
    ['a command in a sandbox', '../../bin/do-build --open x --closure closure -- sh -c "echo in; exit 5"\n'],
    ['sources that are there', '../../bin/do-fetch ../seed/.fetch\n'],
    ['a list that is not there', '../../bin/do-fetch nothing\n'],
    ['where a source could be had', '../../bin/do-fetch --where ../seed/.fetch\n'],
    [
      'a script on a file',
      'echo "pwd; exit 3" >script; ../../bin/do-build --package x --closure closure --out x.tar.gz <script\n',
    ],
    [
      'a script at a place in a file',
      'printf "not this\\nexit 3\\n" >script; { read -r line; ../../bin/do-build --package x --closure closure --out x.tar.gz; } <script\n',
    ],
    [
      'stderr in a file',
      `{ echo first; ${build('x', 'exit 4', '').replace(' <<', ' 2>&1 <<')}echo last; } >report; cat report\n`,
    ],
    ['stderr in a pipe', `{ ${build('x', 'exit 4')}} 2>&1 | cat\n`],
    [
      'a folder that has gone to another',
      `(cd ../seed; ${build('x', 'exit 4').replaceAll('closure closure', 'closure ../one/closure')})\n`,
    ],
    ['a umask', `umask 077; ${build('x', 'umask; mkdir f; stat -c %a f; exit 1')}`],
    [
      'a script from a named fifo whose writer has gone',
      'rm -f f; mkfifo f; echo "pwd; exit 3" >f & ../../bin/do-build --package x --closure closure --out x.tar.gz <f\n',
    ],
    ['a priority', build('x', 'set -- $(cat /proc/self/stat); echo "nice ${19}"; exit 1', 'nice -n 5')],
    [
      'one processor',
      build('x', "sed -n '/^Cpus_allowed:/p' /proc/self/status; nproc; exit 1", 'taskset -c 0'),
    ],
    [
      'a jobserver that has gone, and its descriptors to a pipe of the door',
      build('x', 'echo "flags ${MAKEFLAGS-none}"; exit 1', 'MAKEFLAGS="-j --jobserver-auth=6,6"'),
    ],
    ['a limit', `ulimit -f 1; ${build('x', 'head -c 100000 /dev/zero >big')}`],
  ])('%s', (_, call) => {
    const said = (prefix: string): string => {
      rule(
        'x',
        `exec >&2\nset +e\nrm -f x.tar.gz\n${call.replaceAll('../../bin/', `${prefix} ../../bin/`)}echo "status $?"\nsha256sum x.tar.gz | cut -c1-64\nls -l x.tar.gz | cut -c1-10\n(cd .. && ls -A one seed) | grep -vx x\nrm -rf .build.failed ../seed/.build.failed\necho done >"$3"\n`,
      )
      return redo('pkg/one/x')
        .said.replaceAll(/\d+ s,/g, 'N s,')
        .replaceAll(/^\.build\.\d+$/gm, '.build.N')
    }
    const warm = said('')
    expect(warm).toContain('status ')
    expect(warm).toBe(said(BY_HAND))
  })
})

describe('sandboxes are started', () => {
  const two = `exec >&2\n${build('x', 'echo x >$DESTDIR/x')}${build('y', 'exit 0')}mv x.tar.gz "$3"\n`
  /** Builds the rule with a setpriv of its own; answers with how often that was called. */
  const calls = (setpriv: string): number => {
    rule('x', two)
    tree.write('path/setpriv', `#!/bin/sh\necho called >>"${tree.root}/called"\n${setpriv}\n`)
    chmodSync(join(tree.root, 'path/setpriv'), 0o755)
    mustRun(tree, ['bin/do', 'pkg/one/x'], { PATH: `${tree.root}/path:${process.env.PATH}` })
    return tree.read('called').split('\n').length - 1
  }

  test('by one shell that stays', () => {
    const real = spawnSync('sh', ['-c', 'command -v setpriv'], { encoding: 'utf8' }).stdout.trim()
    expect(calls(`exec ${real} "$@"`)).toBe(1)
  })

  test('by the worker itself where no such shell would die with it', () => {
    expect(calls('exit 1')).toBe(1)
  })

  // Some give no program what an `exec` of their own has opened.
  test.each(SHELLS)('where sh is %s', shell => {
    rule('x', two)
    mustRun(tree, ['bin/do', 'pkg/one/x'], { PATH: pathWith(shell) })
  })
})

// A door is a function of the script's shell, where that takes its path for an alias.
test.each(SHELLS)(
  'where sh is %s, what a script has exported, and how it is set, is known to its build',
  shell => {
    const flags = 'echo "got ${MAKEFLAGS-}"; exit 1'
    const odd = `exec >&2
set -fCu
IFS=:
export COOLPORTS_JOBS=4 MAKEFLAGS='' ODD="it's
two" UNSET
one=COOLPORTS_JOBS=9
unset REDO_TARGET
umask 0777
`
    rule('x', `${odd}${build('x', flags)}`)
    rule('y', `exec >&2\nMAKEFLAGS= COOLPORTS_JOBS=5 ${build('y', flags).trim()}\n`)
    rule('z', `exec >&2\nexport MAKEFLAGS= COOLPORTS_JOBS=6\nunset COOLPORTS_JOBS\n${build('z', flags)}`)
    const { said } = run(tree, ['bin/do', '-k', 'pkg/one/x', 'pkg/one/y', 'pkg/one/z'], {
      PATH: pathWith(shell),
    })
    expect(said.match(/got.*/g)).toEqual(['got  -j4', 'got  -j5', 'got '])
  },
)

test.each(SHELLS)('where sh is %s, a build starts no shell for its door but where it must', async shell => {
  rule('x', `exec >&2\n${build('x', `sleep ${nap}`)}`)
  const child = start({ PATH: pathWith(shell) }, 'pkg/one/x')
  await until(() => sleepers() > 0)
  expect(processes('bin/do-build')).toHaveLength(['dash', 'busybox'].includes(shell) ? 0 : 1)
  const ended = exit(child)
  process.kill(child.pid ?? 0, 'SIGTERM')
  expect(await ended).toBe('SIGTERM')
})

test('a machine without a /proc is told so, with what to do', () => {
  rule('x', `exec >&2\n${build('x', ':')}mv x.tar.gz "$3"\n`)
  const bare = ['bwrap', '--bind', '/', '/', '--dev', '/dev', '--tmpfs', '/proc', '--']
  expect(run(tree, [...bare, 'bin/do', 'pkg/one/x']).said).toContain(
    'do-build: cannot run a build in a sandbox: there is no /proc here\n  as root: mount -t proc proc /proc\n',
  )
})

test('two builds at once have folder, environment and output of their own', () => {
  for (const name of ['a', 'b']) {
    tree.write(`pkg/${name}/closure`, '../seed/.pkg.tar.gz\n')
    const script = `for i in 1 2 3 4 5 6 7 8 9; do echo ${name} $i $MAKEFLAGS; sleep 0.1; done; exit 1`
    tree.write(
      `pkg/${name}/x.do`,
      `exec >&2\nexport COOLPORTS_JOBS=${name === 'a' ? 2 : 3} MAKEFLAGS=\n${build(name, script, 'COOLPORTS_VERBOSE=1')}`,
    )
  }
  const { status } = redo('-k', '-j2', 'pkg/a/x', 'pkg/b/x')
  expect(status).toBe(1)
  for (const [name, jobs] of [
    ['a', 2],
    ['b', 3],
  ] as const) {
    const lines = Array.from({ length: 9 }, (_, at) => `${name} ${at + 1} -j${jobs}\n`).join('')
    const log = tree.read(`.redo/log/pkg.d/${name}.d/x.log`)
    expect(log).toContain(lines)
    expect(log).not.toContain(`\n${name === 'a' ? 'b' : 'a'} 1 `)
    expect(tree.read(`pkg/${name}/.build.failed/log`)).toBe(lines)
  }
})

test('the next who asks sees nothing of the one before', () => {
  rule(
    'x',
    `exec >&2\numask 027\nexport COOLPORTS_JOBS=5 COOLPORTS_VERBOSE=1 MAKEFLAGS=\n${build('x', 'echo "got $MAKEFLAGS" >&2')}mv x.tar.gz $3\n`,
  )
  rule('y', `exec >&2\nexport MAKEFLAGS=\n${build('y', 'echo "got ${MAKEFLAGS-nothing}"; exit 1')}`)
  const { said } = redo('-k', 'pkg/one/x', 'pkg/one/y')
  expect(said).toContain('got  -j5\n')
  expect(said).toContain('  got nothing\n')
})

test('a worker holds nothing of a client when it is done', async () => {
  rule(
    'x',
    `exec >&2\n${build('x', ':')}: >../one/built; while [ ! -e go ]; do sleep 0.1; done; mv x.tar.gz "$3"\n`,
  )
  const child = start({}, 'pkg/one/x')
  await until(() => existsSync(join(tree.root, 'pkg/one/built')))
  const [worker = 0, ...more] = processes('dist/worker.js')
  expect(more).toEqual([])
  const held = readdirSync(`/proc/${worker}/fd`).map(fd => readlinkSync(`/proc/${worker}/fd/${fd}`))
  // The pipe by which it hears what builds print has lost its name, and stays.
  expect(held.filter(path => path.startsWith(tree.root) && !path.endsWith('/output (deleted)'))).toEqual([])
  expect(readlinkSync(`/proc/${worker}/cwd`)).toBe('/')
  tree.write('pkg/one/go', '')
  expect(await exit(child)).toBe(0)
  await until(() => processes('dist/worker.js').length === 0)
})

describe('what runs in the sandbox ends,', () => {
  beforeEach(() => {
    rule('x', `exec >&2\n${build('x', `sleep ${nap}`)}`)
  })

  test('with a word, when its worker is killed; and another worker does the next build', async () => {
    rule('y', `exec >&2\n${build('y', ':')}mv y.tar.gz "$3"\n`)
    const child = start({}, '-k', 'pkg/one/x', 'pkg/one/y')
    await until(() => sleepers() > 0)
    for (const pid of processes('dist/worker.js')) process.kill(pid, 'SIGKILL')
    expect(await exit(child)).toBe(1)
    expect(tree.read('said')).toContain('the worker that did the work of do-build was ended by SIGKILL')
    expect(tree.read('said')).toContain('exit status 137')
    expect(tree.read('said')).toContain('built y in')
    expect(sleepers()).toBe(0)
  })

  test('when the door alone is killed', async () => {
    rule(
      'x',
      `exec >&2\nset +e\n${build('x', `sleep ${nap}`, 'command')}echo "status $?"; while [ ! -e go ]; do sleep 0.1; done\necho x >"$3"\n`,
    )
    const child = start({}, 'pkg/one/x')
    await until(() => sleepers() > 0)
    for (const pid of processes('bin/do-build')) process.kill(pid, 'SIGKILL')
    await until(() => sleepers() === 0 && leftOver().every(name => !name.startsWith('.build.')))
    tree.write('pkg/one/go', '')
    expect(await exit(child)).toBe(0)
    expect(tree.read('said')).toContain('status 137')
  })

  test('when the script that called the door is killed', async () => {
    rule('x', `exec >&2\nread -r pid rest </proc/self/stat; echo $pid >pid\n${build('x', `sleep ${nap}`)}`)
    const child = start({}, 'pkg/one/x')
    await until(() => sleepers() > 0)
    const ended = exit(child)
    process.kill(Number(tree.read('pkg/one/pid')), 'SIGKILL')
    expect(await ended).toBe(1)
    await until(() => sleepers() === 0)
    expect(leftOver().every(name => !name.startsWith('.build.'))).toBe(true)
  })

  test.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)('and nothing stays, at %s', async signal => {
    const child = start({}, 'pkg/one/x')
    await until(() => sleepers() > 0)
    process.kill(child.pid ?? 0, signal)
    expect(await exit(child)).toBe(signal)
    expect(sleepers()).toBe(0)
    expect(leftOver()).toEqual([])
    expect(processes('dist/worker.js')).toEqual([])
  })

  test('when the run is killed', async () => {
    const child = start({}, 'pkg/one/x')
    await until(() => sleepers() > 0)
    process.kill(child.pid ?? 0, 'SIGKILL')
    await until(() => sleepers() === 0 && processes('dist/worker.js').length === 0)
  })
})
