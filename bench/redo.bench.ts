import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { loadavg, tmpdir } from 'node:os'
import { join, resolve } from 'node:path'

// bench:redo [N]: a graph of N targets, each of three earlier ones and a source, with bin/do, ninja, make
// and the redo on PATH, if there is one: cold with one and two jobs, nothing to do, a source changed on
// which a hundredth of the targets depends. Medians of five, elapsed and processor time, each with the
// ratio to ninja; the peak memory of our coordinator. REDO_BENCH_RUNS changes the five. Processor time
// is what can be compared on a busy machine.

const root = resolve(import.meta.dirname, '../..')
const count = Number(process.argv[2] ?? 1000)
const runs = Number(process.env.REDO_BENCH_RUNS ?? 5)

interface Tool {
  readonly name: string
  readonly command: (jobs: number) => readonly string[]
}

/** Seconds. */
interface Time {
  readonly elapsed: number
  /** User and system, of all processes. */
  readonly processor: number
}

const tools: readonly Tool[] = [
  { name: 'ninja', command: jobs => ['ninja', `-j${jobs}`] },
  { name: 'make', command: jobs => ['make', '-s', `-j${jobs}`, 'all'] },
  { name: 'bin/do', command: jobs => [join(root, 'bin/do'), `-j${jobs}`, 'all'] },
  { name: 'redo', command: jobs => ['redo-ifchange', `-j${jobs}`, 'all'] },
]

/** Asks for all, and notes how much memory our coordinator has taken at most. */
const allDo = `redo-ifchange list
xargs redo-ifchange <list
[ -z "\${REDO_PID-}" ] || sed -n 's/^VmHWM:[[:space:]]*//p' "/proc/$REDO_PID/status" >memory
`
const timing = '"$@" >/dev/null; status=$?; times; exit $status'

console.log(`${count} targets, medians of ${runs}; elapsed / processor seconds (ratio to ninja)`)
console.log(['', 'cold -j1', 'cold -j2', 'no-op', 'one touched'].map(cell => cell.padEnd(28)).join(''))
const before = loadavg()[0] ?? 0
let peers: readonly Time[] = []
for (const tool of tools.filter(isThere)) {
  const row = [median(() => timed(tool, 1, fresh())), median(() => timed(tool, 2, fresh())), ...again(tool)]
  if (tool.name === 'ninja') peers = row
  console.log(
    [tool.name, ...row.map((time, at) => told(time, peers[at]))].map(cell => cell.padEnd(28)).join(''),
  )
}
console.log(`load ${before.toFixed(1)} at the begin, ${(loadavg()[0] ?? 0).toFixed(1)} at the end`)

clear()

function told(time: Time, peer: Time | undefined): string {
  const ratio = (part: 'elapsed' | 'processor') =>
    // What is shorter than a tick of times(1) compares with nothing.
    peer === undefined || peer === time || peer[part] < 0.02
      ? ''
      : ` (${(time[part] / peer[part]).toFixed(2)})`
  return `${time.elapsed.toFixed(2)}${ratio('elapsed')} / ${time.processor.toFixed(2)}${ratio('processor')}`
}

/** A built tree, asked for again, and asked for after a change. */
function again(tool: Tool): readonly Time[] {
  const tree = fresh()
  timed(tool, 2, tree)
  if (tool.name === 'bin/do')
    console.log(`peak memory of the coordinator: ${readFileSync(join(tree, 'memory'), 'utf8').trim()}`)
  const idle = median(() => timed(tool, 2, tree))
  const source = `${sourceOfHundredth()}.src`
  let change = 0
  const touched = median(() => {
    change += 1
    writeFileSync(join(tree, source), `change ${change}\n`)
    return timed(tool, 2, tree)
  })
  return [idle, touched]
}

/** The source whose change comes nearest to rebuilding one target in a hundred. */
function sourceOfHundredth(): number {
  const users: number[][] = Array.from({ length: count }, () => [])
  for (let at = 0; at < count; at += 1) for (const one of earlier(at)) users[one]?.push(at)
  const rebuilt = (at: number) => {
    const reached = new Set([at])
    for (const one of reached) {
      for (const user of users[one] ?? []) reached.add(user)
      // More than that is far enough.
      if (reached.size > count / 20) break
    }
    return reached.size
  }
  const distances = users.map((_, at) => Math.abs(rebuilt(at) - count / 100))
  return distances.indexOf(Math.min(...distances))
}

/** Takes away the trees of earlier measurements. */
function clear(): void {
  for (const name of readdirSync(tmpdir())) {
    if (name.startsWith(`bench-redo-${process.pid}-`))
      rmSync(join(tmpdir(), name), { recursive: true, force: true })
  }
}

function fresh(): string {
  clear()
  const tree = mkdtempSync(join(tmpdir(), `bench-redo-${process.pid}-`))
  mkdirSync(join(tree, '.redo'))
  const targets: string[] = []
  let ninja = 'rule sum\n  command = cksum $in >$out\n'
  let make = ''
  for (let at = 0; at < count; at += 1) {
    const inputs = [`${at}.src`, ...earlier(at).map(one => `${one}.t`)].join(' ')
    writeFileSync(join(tree, `${at}.src`), `${at}\n`)
    writeFileSync(join(tree, `${at}.t.do`), `redo-ifchange ${inputs}\ncksum ${inputs} >$3\n`)
    ninja += `build ${at}.t: sum ${inputs}\n`
    make += `${at}.t: ${inputs}\n\tcksum ${inputs} >$@\n`
    targets.push(`${at}.t`)
  }
  writeFileSync(join(tree, 'list'), targets.map(target => `${target}\n`).join(''))
  writeFileSync(join(tree, 'all.do'), allDo)
  writeFileSync(join(tree, 'build.ninja'), ninja)
  writeFileSync(join(tree, 'Makefile'), `all: ${targets.join(' ')}\n${make}`)
  return tree
}

/** Three earlier targets, the same for each machine and each run. */
function earlier(at: number): readonly number[] {
  if (at === 0) return []
  return [...new Set([7919, 104729, 1299709].map(prime => ((at * prime) >>> 3) % at))]
}

function timed(tool: Tool, jobs: number, cwd: string): Time {
  const begin = process.hrtime.bigint()
  const { status, stdout } = spawnSync('sh', ['-c', timing, 'sh', ...tool.command(jobs)], {
    cwd,
    stdio: ['ignore', 'pipe', 'ignore'],
    encoding: 'utf8',
    env: environment(),
  })
  const elapsed = Number(process.hrtime.bigint() - begin) / 1e9
  if (status !== 0) throw new Error(`${tool.name} ended with ${status}`)
  // The second line of times(1) is that of the children: user and system, as 1m2.3s.
  const [, children = ''] = stdout.trim().split('\n')
  const parts = [...children.matchAll(/(\d+)m([\d.]+)s/g)]
  const processor = parts.reduce(
    (sum, [, minutes, seconds]) => sum + Number(minutes) * 60 + Number(seconds),
    0,
  )
  return { elapsed, processor }
}

function median(measure: () => Time): Time {
  const times = Array.from({ length: runs }, measure)
  const middle = (part: keyof Time) =>
    times.map(time => time[part]).sort((a, b) => a - b)[times.length >> 1] ?? 0
  return { elapsed: middle('elapsed'), processor: middle('processor') }
}

function isThere(tool: Tool): boolean {
  return spawnSync('sh', ['-c', `command -v ${tool.command(1)[0]}`]).status === 0
}

function environment(): NodeJS.ProcessEnv {
  return Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !/^(REDO_|MAKE|MFLAGS)/.test(name)),
  )
}
