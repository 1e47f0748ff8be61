import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'

// bench:redo [N]: a graph of N targets, each of three earlier ones and a source, with bin/do, ninja and
// make (and the redo of REDO_OTHER, a folder): cold with one and two jobs, nothing to do, one source
// touched. Medians of five. REDO_BENCH_RUNS changes the five.

const root = resolve(import.meta.dirname, '../..')
const count = Number(process.argv[2] ?? 1000)
const runs = Number(process.env.REDO_BENCH_RUNS ?? 5)

interface Tool {
  readonly name: string
  readonly command: (jobs: number) => readonly string[]
}

const other = process.env.REDO_OTHER
const tools: readonly Tool[] = [
  { name: 'bin/do', command: jobs => [join(root, 'bin/do'), `-j${jobs}`, 'all'] },
  { name: 'ninja', command: jobs => ['ninja', `-j${jobs}`] },
  { name: 'make', command: jobs => ['make', '-s', `-j${jobs}`, 'all'] },
  ...(other === undefined
    ? []
    : [
        { name: 'other redo', command: (jobs: number) => [join(other, 'redo-ifchange'), `-j${jobs}`, 'all'] },
      ]),
]

console.log(`${count} targets, medians of ${runs}, seconds: cold -j1, cold -j2, no-op, one source touched`)
for (const tool of tools.filter(isThere)) {
  const row = [median(() => timed(tool, 1, fresh())), median(() => timed(tool, 2, fresh())), ...again(tool)]
  console.log(`${tool.name.padEnd(12)} ${row.map(seconds => seconds.toFixed(3).padStart(9)).join(' ')}`)
}

clear()

/** A built tree, asked for again, and asked for after a change. */
function again(tool: Tool): readonly number[] {
  const tree = fresh()
  timed(tool, 2, tree)
  const idle = median(() => timed(tool, 2, tree))
  let change = 0
  const touched = median(() => {
    change += 1
    writeFileSync(join(tree, `${Math.floor(count * 0.97)}.src`), `change ${change}\n`)
    return timed(tool, 2, tree)
  })
  return [idle, touched]
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
  writeFileSync(join(tree, 'all.do'), 'redo-ifchange list; xargs redo-ifchange <list\n')
  writeFileSync(join(tree, 'build.ninja'), ninja)
  writeFileSync(join(tree, 'Makefile'), `all: ${targets.join(' ')}\n${make}`)
  return tree
}

/** Three earlier targets, the same for each machine and each run. */
function earlier(at: number): readonly number[] {
  if (at === 0) return []
  return [...new Set([7919, 104729, 1299709].map(prime => ((at * prime) >>> 3) % at))]
}

function timed(tool: Tool, jobs: number, cwd: string): number {
  const [program = '', ...args] = tool.command(jobs)
  const begin = process.hrtime.bigint()
  const { status } = spawnSync(program, args, { cwd, stdio: 'ignore', env: environment() })
  if (status !== 0) throw new Error(`${tool.name} ended with ${status}`)
  return Number(process.hrtime.bigint() - begin) / 1e9
}

function median(measure: () => number): number {
  const values = Array.from({ length: runs }, measure).sort((a, b) => a - b)
  return values[Math.floor(values.length / 2)] ?? 0
}

function isThere(tool: Tool): boolean {
  return spawnSync('sh', ['-c', `command -v ${tool.command(1)[0]}`]).status === 0
}

function environment(): NodeJS.ProcessEnv {
  return Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !/^(REDO_|MAKE|MFLAGS)/.test(name)),
  )
}
