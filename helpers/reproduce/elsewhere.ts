import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import {
  cpSync,
  lchownSync,
  linkSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  type Stats,
  statfsSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { availableParallelism, freemem, hostname, machine, release, tmpdir } from 'node:os'
import { delimiter, dirname, join, relative } from 'node:path'
import { isSha256, type Sha256 } from '../../core/digest.ts'
import { findProgram } from '../../core/missing.ts'
import { leftParts, partOf } from '../../core/part.ts'
import { removeTree } from '../../core/remove.ts'
import { makeLaterBin, triedClock } from './clock.ts'
import type { Variation } from './variation.ts'

/** Another checkout of a tree, in which builds differ from those of the tree in all that we can make different. */
interface Elsewhere {
  readonly root: string
  readonly variations: readonly Variation[]
  /** Brings targets up to date there, what is said going to stderr; answers the exit status. */
  run(targets: readonly string[]): Promise<number>
  /** Has the run end. */
  stop(signal: NodeJS.Signals): void
  remove(): void
  /** Leaves it to who wants to look into it. What is neither removed nor kept, the next one removes. */
  keep(): void
}

/**
 * Copies a tree whose rules are emitted. Its store has the sources of the tree's store, and of its
 * packages all but those of `hashes`, which are to be built there. `jobs` is what the tree was built with,
 * `clock` the program that moves clocks, see clock.ts.
 */
export function makeElsewhere(options: Options): Elsewhere {
  const parent = parentFor(options.root)
  sweep(parent)
  const top = mkdtempSync(join(parent, PREFIX))
  try {
    return makeIn(top, options)
  } catch (error) {
    removeTree(top)
    throw error
  }
}

interface Options {
  readonly root: string
  readonly store: string
  readonly hashes: readonly Sha256[]
  readonly jobs: number
  readonly clock: string | undefined
}

function makeIn(top: string, options: Options): Elsewhere {
  const { store, hashes, jobs } = options
  const owner = partOf(join(top, OWNER))
  writeFileSync(owner, '')
  const root = join(top, 'another checkout, at a longer path')
  copyTree(options.root, root)
  copyStore(store, join(root, '.store'), hashes)
  const later = join(top, 'bin')
  if (options.clock !== undefined) makeLaterBin(later, options.clock)
  const differences = chooseDifferences(dirname(top))
  if (differences.uid !== undefined) give(top, differences.uid)
  const clock = options.clock === undefined ? undefined : triedClock(later, differences.wrap)
  const there = jobs === 1 ? 2 : jobs - 1
  let child: ChildProcess | undefined
  const variations: Variation[] = [
    { what: 'path of the checkout', here: options.root, there: root },
    { what: 'jobs', here: String(jobs), there: String(there) },
    { what: 'umask', here: octal(currentUmask()), there: '0077' },
    { what: 'locale', here: process.env.LC_ALL ?? process.env.LANG ?? 'C', there: LOCALE },
    { what: 'time zone', here: process.env.TZ ?? 'UTC', there: ZONE },
    ...differences.variations,
    ...(clock ? [clock] : []),
    { what: 'kind of file system', here: fileSystem(options.root), there: fileSystem(root) },
  ]
  return {
    root,
    variations: variations.filter(({ here, there }) => here !== there),
    run: targets => {
      child = start(root, clock ? [later] : [], differences, ['bin/do', `-j${there}`, ...targets])
      return ending(child)
    },
    stop: signal => child?.kill(signal),
    remove: () => removeTree(top),
    keep: () => rmSync(owner, { force: true }),
  }
}

const PREFIX = 'coolports-reproduce-'

/** Of what a part lies in the folder: its name says who will remove that. */
const OWNER = 'owner'

/** What somebody else made there could become something else while it is removed. */
const isOurs = (stats: Stats): boolean =>
  stats.isDirectory() && [process.getuid?.(), process.getuid?.() === 0 ? USER : undefined].includes(stats.uid)

/** Removes what processes left that were killed: in memory it would stay until the machine stops. */
function sweep(parent: string): void {
  for (const name of readdirSync(parent)) {
    const path = join(parent, name)
    if (!name.startsWith(PREFIX) || !isOurs(lstatSync(path))) continue
    if (leftParts(path, OWNER).length > 0) removeTree(path)
  }
}

const LOCALE = 'tr_TR.UTF-8'
const ZONE = 'Pacific/Chatham'
const HOST = 'elsewhere.example'
/** An ordinary user that no system has. */
const USER = 61234

const TMPFS = 0x01021994
/** What building the largest package takes, with room for others. */
const ROOM = 8 * 1024 ** 3

/**
 * Another kind of file system lists the names in a folder in another order: in memory, if there is room, or on disk.
 * Containers have a /dev/shm of 64 MB often, from which no program may be run.
 */
export function parentFor(root: string, memory = '/dev/shm'): string {
  try {
    if (fileSystem(root) === 'tmpfs' || fileSystem(memory) !== 'tmpfs') return tmpdir()
    const { bavail, bsize } = statfsSync(memory)
    return Math.min(freemem(), bavail * bsize) >= ROOM && runsPrograms(memory) ? memory : tmpdir()
  } catch {
    return tmpdir()
  }
}

function runsPrograms(folder: string): boolean {
  const tried = mkdtempSync(join(folder, PREFIX))
  try {
    const program = join(tried, 'program')
    writeFileSync(program, '#!/bin/sh\n', { mode: 0o700 })
    return works([program])
  } finally {
    removeTree(tried)
  }
}

const fileSystem = (path: string): string => {
  const { type } = statfsSync(path)
  return type === TMPFS ? 'tmpfs' : `0x${type.toString(16)}`
}

/** With the emitted rules, and without anything that was built, fetched or remembered. */
function copyTree(from: string, to: string): void {
  const leftOut = ['.git', '.store', '.redo', 'node_modules']
  cpSync(from, to, {
    recursive: true,
    preserveTimestamps: true,
    verbatimSymlinks: true,
    filter: path => {
      const [top = '', name, file] = relative(from, path).split('/')
      if (leftOut.includes(top)) return false
      return top !== 'pkg' || name === undefined || file === undefined || isRule(file)
    },
  })
  // All that the programs look for there: what they load stands in their bundles.
  mkdirSync(join(to, 'node_modules'))
  cpSync(join(from, 'node_modules/.package-lock.json'), join(to, 'node_modules/.package-lock.json'))
}

const isRule = (file: string): boolean => !file.startsWith('.') || file.endsWith('.do') || file === '.fetch'

function copyStore(from: string, to: string, leftOut: readonly Sha256[]): void {
  for (const part of ['distfiles', 'packages']) {
    mkdirSync(join(to, part), { recursive: true })
    for (const file of readdirSync(join(from, part))) {
      const digest = file.split('.')[0] ?? ''
      if (isSha256(digest) && !(part === 'packages' && leftOut.includes(digest)))
        place(join(from, part, file), join(to, part, file))
    }
  }
}

/** The same file under two names where it can be and the user there may read it; nobody writes into either. */
function place(from: string, to: string): void {
  const isForAll = (statSync(from).mode & 0o004) !== 0
  if (!isForAll || !linked(from, to)) cpSync(from, to)
}

function linked(from: string, to: string): boolean {
  try {
    linkSync(from, to)
    return true
  } catch {
    return false
  }
}

/** Makes all below a folder a user's, but files that have another name elsewhere. */
function give(path: string, uid: number): void {
  const stats = lstatSync(path)
  if (stats.isDirectory() || stats.nlink === 1) lchownSync(path, uid, uid)
  if (stats.isDirectory()) for (const name of readdirSync(path)) give(join(path, name), uid)
}

interface Differences {
  readonly uid: number | undefined
  readonly variations: readonly Variation[]
  /** What stands before the command; the last word of a shell script is "$@". */
  readonly wrap: (command: readonly string[]) => readonly string[]
}

/** What this machine, and who asks, can make different for builds below `parent`. */
function chooseDifferences(parent: string): Differences {
  const root = process.getuid?.() === 0
  const variations: Variation[] = []
  const wraps: ((command: readonly string[]) => readonly string[])[] = []
  const vary = (
    what: string,
    here: string,
    there: string,
    wrap: (command: readonly string[]) => readonly string[],
    tried: readonly string[] = ['true'],
  ): void => {
    // Tried first: a container or an old kernel may forbid it.
    if (!works(wrap(tried))) return
    variations.push({ what, here, there })
    wraps.push(wrap)
  }
  const cores = availableParallelism()
  vary('cores', String(cores), '1', command => ['taskset', '-c', oneCore(), ...command])
  const old = spawnSync('setarch', [machine(), '--uname-2.6', 'uname', '-r'], { encoding: 'utf8' })
  if (old.status === 0)
    vary('release of the kernel', release(), old.stdout.trim(), command => [
      'setarch',
      machine(),
      '--uname-2.6',
      ...command,
    ])
  // The name, if any: a container's user may have none.
  const user = process.env.USER || String(process.getuid?.())
  let uid: number | undefined
  if (root) {
    const wrap = (command: readonly string[]): readonly string[] => [
      ...['setpriv', '--reuid', String(USER), '--regid', String(USER), '--clear-groups'],
      ...command,
    ]
    // Root may have a TMPDIR that nobody else gets into.
    vary('user', user, String(USER), wrap, ['test', '-x', parent])
    if (variations.some(({ what }) => what === 'user')) uid = USER
  }
  const namespaces = root ? ['--uts'] : ['--user', '--map-root-user', '--uts']
  vary('name of the host', hostname(), HOST, command => [
    ...['unshare', ...namespaces, 'sh', '-c', `hostname ${HOST} && exec "$@"`, 'sh'],
    ...command,
  ])
  return { uid, variations, wrap: command => wraps.reduce((inner, wrap) => wrap(inner), command) }
}

/** A core that this process may use, by its number; that of two at a time is rarely the same. */
function oneCore(): string {
  const status = readFileSync('/proc/self/status', 'utf8')
  const ranges = /^Cpus_allowed_list:\s*(.*)$/m.exec(status)?.[1] ?? '0'
  const cores = ranges.split(',').flatMap(range => {
    const [first = 0, last = first] = range.split('-').map(Number)
    return Array.from({ length: last - first + 1 }, (_, index) => first + index)
  })
  return String(cores[process.pid % cores.length] ?? 0)
}

/** `bins`: folders for the front of PATH. */
function start(
  root: string,
  bins: readonly string[],
  differences: Differences,
  command: readonly string[],
): ChildProcess {
  const passed = Object.entries(process.env).filter(([name]) =>
    /^(COOLPORTS_(DEBIAN_MIRRORS|VERBOSE)|(https?|all|no)_proxy)$/i.test(name),
  )
  const [program = '', ...words] = differences.wrap([
    ...['sh', '-c', 'umask 077 && exec "$@"', 'sh'],
    ...endingWithUs(),
    ...command,
  ])
  return spawn(findProgram(program) ?? program, words, {
    cwd: root,
    stdio: ['ignore', 2, 2],
    env: {
      ...Object.fromEntries(passed),
      PATH: [...bins, process.env.PATH ?? ''].join(delimiter),
      HOME: dirname(root),
      USER: 'elsewhere',
      LOGNAME: 'elsewhere',
      LC_ALL: LOCALE,
      LANG: LOCALE,
      TZ: ZONE,
      // What a build must not listen to.
      SOURCE_DATE_EPOCH: '1',
      CFLAGS: '-O0',
      TMPDIR: tmpdir(),
    },
  })
}

/**
 * What stands before a command that is to be told when we are killed: it would build for hours what nobody waits
 * for. After all that changes the user, for that takes it back.
 */
function endingWithUs(): readonly string[] {
  const words = ['setpriv', '--pdeathsig', 'TERM']
  return works([...words, 'true']) ? words : []
}

const works = ([program = '', ...words]: readonly string[]): boolean =>
  spawnSync(program, words, { stdio: 'ignore' }).status === 0

const ending = (child: ChildProcess): Promise<number> =>
  new Promise(resolve => {
    child.on('error', () => resolve(2))
    child.on('exit', status => resolve(status ?? 2))
  })

const currentUmask = (): number => process.umask()

const octal = (mask: number): string => mask.toString(8).padStart(4, '0')
