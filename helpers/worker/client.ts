import { closeSync, constants, openSync, readFileSync, readlinkSync, statSync } from 'node:fs'
import { getPriority } from 'node:os'
import type { Errand } from '../../core/errand.ts'
import { jobserverIn } from '../../core/makeflags.ts'
import { exportsIn } from './exports.ts'

const STDIN = 0
const STDERR = 2

/** Where a client has its stdin while it waits, and what it uses itself: see bin/redo/client.sh. */
const CLIENT_STDIN = 6
const CLIENT_OWN = [6, 7, 8, 9]

/**
 * Takes the place of another process of this user: its folder, environment, umask, stdin, stderr and
 * jobserver. False when that cannot be done to the full; then the other has to do its work itself.
 * Its stdout has no counterpart: it is for those who answer people.
 */
export function takePlaceOf({ pid, mark, exports }: Pick<Errand, 'pid' | 'mark' | 'exports'>): boolean {
  const it = `/proc/${pid}`
  try {
    const lines =
      exports === undefined
        ? readFileSync(`${it}/environ`, 'utf8').split('\0').slice(0, -1)
        : exportsIn(readFileSync(exports, 'utf8'))
    const status = readFileSync(`${it}/status`, 'utf8')
    if (!lines?.includes(mark) || !isLikeUs(it, status)) return false
    const stdin = readingEnd(`${it}/fd/${CLIENT_STDIN}`)
    const stderr = writingEnd(`${it}/fd/${STDERR}`)
    if (stdin === undefined || stderr === undefined) return false
    put(STDIN, stdin)
    put(STDERR, stderr)
    process.chdir(`${it}/cwd`)
    process.umask(Number.parseInt(field(status, 'Umask'), 8))
    setEnvironment([...lines, ...jobserverOf(it, lines)])
    return true
  } catch {
    return false // no such /proc, or the process has gone
  }
}

/** Holds nothing of a client any more. */
export function leaveClient(): void {
  process.chdir('/')
  put(STDIN, { path: '/dev/null', flags: constants.O_RDONLY })
  put(STDERR, { path: '/dev/null', flags: constants.O_WRONLY })
  // Made now, of a kind that writes to whatever descriptor 2 is at the time.
  void process.stderr
}

interface Opening {
  readonly path: string
  readonly flags: number
}

/** Who opens a file anew reads it from its start; so it must be one of which nothing was read yet. */
function readingEnd(path: string): Opening | undefined {
  const isShared = placeIn(path) !== '0'
  return reopens(path, isShared) ? { path, flags: constants.O_RDONLY | constants.O_NOCTTY } : undefined
}

/** Only a file whose writers all write at its end. */
function writingEnd(path: string): Opening | undefined {
  const append = flagsOf(path) & constants.O_APPEND
  const flags = constants.O_WRONLY | constants.O_NOCTTY | append
  return reopens(path, append === 0) ? { path, flags } : undefined
}

function reopens(path: string, isShared: boolean): boolean {
  const stats = statSync(path)
  // A fifo with a name, unlike a pipe, cannot always be opened without waiting.
  if (stats.isFIFO()) return readlinkSync(path).startsWith('pipe:')
  return stats.isCharacterDevice() || (stats.isFile() && !isShared)
}

const info = (path: string): string => readFileSync(path.replace('/fd/', '/fdinfo/'), 'utf8')
const placeIn = (path: string): string => field(info(path), 'pos')
const flagsOf = (path: string): number => Number.parseInt(field(info(path), 'flags'), 8)

/** Opens it as that descriptor, or nothing in its place. */
function put(fd: number, opening: Opening): void {
  closeSync(fd)
  try {
    openAs(fd, opening)
  } catch (error) {
    openAs(fd, { path: '/dev/null', flags: constants.O_RDWR })
    throw error
  }
}

/**
 * An open takes the lowest descriptor, and those below stay open. But another thread may have taken it in between: a
 * new one reads how many processors there are. It gives it back at once; then what we open has to take it, or a pipe of
 * libuv would, which ends the process by an assertion when it closes that.
 */
function openAs(fd: number, { path, flags }: Opening): void {
  const others: number[] = []
  try {
    for (let got = openSync(path, flags); got !== fd; got = openSync(path, flags)) others.push(got)
  } finally {
    for (const other of others) closeSync(other)
  }
}

/** Whether what we start will run with the rights, limits and view of files that it would have there. */
function isLikeUs(it: string, status: string): boolean {
  ours ??= traitsOf('/proc/self', readFileSync('/proc/self/status', 'utf8'))
  return ours === traitsOf(it, status) && getPriority() === getPriority(Number(it.slice('/proc/'.length)))
}

/** Looked up once in a process: nothing here changes them. */
let ours: string | undefined

const traitsOf = (process: string, status: string): string =>
  [
    ...(status.match(TRAITS) ?? []),
    // Node raises this one for itself; a sandbox has one of its own.
    readFileSync(`${process}/limits`, 'utf8').replace(/^Max open files.*$/m, ''),
    ...['root', 'ns/mnt', 'ns/user'].map(name => readlinkSync(`${process}/${name}`)),
  ].join('\n')

const TRAITS = /^(?:Uid|Gid|Groups|CapEff|CapBnd|NoNewPrivs|Seccomp|Cpus_allowed):.*$/gm

/** What a door says of the pipes that matter, those of a jobserver; and where they are. */
function jobserverOf(it: string, environment: readonly string[]): readonly string[] {
  const makeflags = environment.find(line => line.startsWith('MAKEFLAGS=')) ?? ''
  const place = jobserverIn(makeflags.slice('MAKEFLAGS='.length))
  const pipes = (place?.kind === 'pipe' ? [place.read, place.write] : []).filter(
    fd => !CLIENT_OWN.includes(fd) && statSync(`${it}/fd/${fd}`, { throwIfNoEntry: false })?.isFIFO(),
  )
  return [`COOLPORTS_PIPES=${pipes.join(' ')}`, `COOLPORTS_DESCRIPTORS=${it}/fd`]
}

/** Sets what differs from the last client's alone, for a variable costs a search of all. */
function setEnvironment(lines: readonly string[]): void {
  const wanted = new Map<string, string>()
  for (const line of lines) {
    const end = line.indexOf('=')
    if (end > 0) wanted.set(line.slice(0, end), line.slice(end + 1))
  }
  for (const name of environment.keys()) if (!wanted.has(name)) delete process.env[name]
  for (const [name, value] of wanted) if (environment.get(name) !== value) process.env[name] = value
  environment = wanted
}

/** What stands in `process.env`, which nobody else here writes to. */
let environment: ReadonlyMap<string, string> = new Map(Object.entries(process.env as Record<string, string>))

/** The value of a line `name: value`. */
const field = (text: string, name: string): string =>
  new RegExp(`^${name}:[ \\t]*(.*)$`, 'm').exec(text)?.[1] ?? ''
