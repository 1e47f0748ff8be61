// A venv of 20 packages that are in the store, each of 200 files and 2 MB: made by bin/venv as a whole command,
// beside unpacking the same packages into a folder and beside `cp -al` of their unpacked trees; then what it
// costs to run a command in it, beside a bare bwrap.
import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { availableParallelism, loadavg, tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { plantSeed, plantTree } from './support/tree.ts'

const repository = resolve(fileURLToPath(import.meta.url), '../../..')
const ROUNDS = 9
const names = Array.from({ length: 20 }, (_, index) => `p${index}`)

const root = mkdtempSync(join(tmpdir(), 'coolports-bench-'))
try {
  makeTree()
  run('bin/venv', ['-j2', ...names])
  const files = names.map(name => `pkg/${name}/.pkg.tar.gz`)
  const trees = readFileSync(join(root, 'venv/packages'), 'utf8').match(/(?<=^tree: ").*(?="$)/gm) ?? []
  const unpack = 'mkdir unpacked; for f; do gzip -dc "$f" | tar -C unpacked -xf - || exit; done'
  const link = 'mkdir linked; for f; do cp -al "$f/." linked || exit; done'
  const rows: readonly Row[] = [
    ['make the venv', 'make', () => fresh('venv', 'bin/venv', names)],
    ['make it again', 'again', () => run('bin/venv', names)],
    ['unpack the packages', 'unpack', () => fresh('unpacked', 'sh', ['-c', unpack, 'sh', ...files])],
    ['cp -al their trees', 'link', () => fresh('linked', 'sh', ['-c', link, 'sh', ...trees])],
    ['venv-run true', 'run', () => run('venv/bin/venv-run', ['p0'])],
    ['venv-run --pure true', 'pure', () => run('venv/bin/venv-run', ['--pure', 'p0'])],
    ['bwrap alone, true', 'bwrap', () => run('bwrap', ['--dev-bind', '/', '/', 'true'])],
    ['node alone', 'node', () => run('node', ['-e', '0'])],
  ]
  const times = measure(rows)
  const size = (folder: string): number =>
    Number(spawnSync('du', ['-sk', folder], { cwd: root, encoding: 'utf8' }).stdout.split('\t')[0])
  console.log(`20 packages of 200 files, 2 MB each; best and median of ${ROUNDS}, ms`)
  for (const [what, key] of rows) {
    const [best, median] = times(key)
    console.log(`${what.padEnd(22)}${best.toFixed(0).padStart(7)}${median.toFixed(0).padStart(7)}`)
  }
  const ratio = (one: string, other: string): string => (times(one)[0] / times(other)[0]).toFixed(2)
  console.log(`make / unpack          ${ratio('make', 'unpack')}`)
  console.log(`make / cp -al          ${ratio('make', 'link')}`)
  console.log(`venv-run / bwrap       ${ratio('run', 'bwrap')}`)
  const [make, node] = [processor('bin/venv', names), processor('node', ['-e', '0'])]
  console.log(`processor time, ms: make the venv ${make.toFixed(0)}, node alone ${node.toFixed(0)}`)
  console.log(`disk, KiB: venv ${size('venv')}, unpacked ${size('unpacked')}`)
  console.log(`load now               ${loadavg()[0]?.toFixed(1)} on ${availableParallelism()} cores`)
} finally {
  rmSync(root, { recursive: true, force: true })
}

type Row = readonly [what: string, key: string, run: () => number]

/** Each round has all of them, so that the load of a moment meets all alike. */
function measure(rows: readonly Row[]): (key: string) => readonly [best: number, median: number] {
  const all = new Map<string, number[]>(rows.map(([, key]) => [key, []]))
  for (let round = 0; round < ROUNDS; round++) for (const [, key, run] of rows) all.get(key)?.push(run())
  return key => {
    const sorted = (all.get(key) ?? []).sort((a, b) => a - b)
    return [sorted[0] ?? Number.NaN, sorted[ROUNDS >> 1] ?? Number.NaN]
  }
}

/** The processor time of a command and all that it starts, in milliseconds: the least of all rounds, by a shell. */
function processor(program: string, args: readonly string[]): number {
  const times = Array.from({ length: ROUNDS }, () => {
    rmSync(join(root, 'venv'), { recursive: true, force: true })
    const { stdout } = spawnSync('sh', ['-c', '"$@" >/dev/null; times', 'sh', program, ...args], {
      cwd: root,
      encoding: 'utf8',
      env: { ...process.env, COOLPORTS_STORE: join(root, '.store') },
    })
    // Two lines of `0m0.010000s 0m0.020000s`: the shell's own, and that of its children.
    const children = stdout.split('\n')[1] ?? ''
    return [...children.matchAll(/(\d+)m([\d.]+)s/g)].reduce(
      (sum, [, minutes, seconds]) => sum + Number(minutes) * 60_000 + Number(seconds) * 1000,
      0,
    )
  })
  return Math.min(...times)
}

/** The same where a folder is not there yet. */
function fresh(folder: string, program: string, args: readonly string[]): number {
  rmSync(join(root, folder), { recursive: true, force: true })
  return run(program, args)
}

function makeTree(): void {
  plantTree(repository, root)
  plantSeed(repository, root)
  for (const name of names) {
    mkdirSync(join(root, 'pkg', name))
    writeFileSync(join(root, 'pkg', name, 'package.ts'), manifest(name))
  }
}

/** Folders that packages share, and files of its own in them; a program that does nothing. */
function manifest(name: string): string {
  return `import { definePackage, sh, skip } from 'coolports'
export default definePackage({
  version: '1',
  description: 'Files',
  homepage: 'https://example.org',
  license: 'MIT',
  buildDeps: ['seed'],
  build: sh\`
    for folder in bin include lib share/doc/${name} share/man/man1; do
      mkdir -p "$DESTDIR/$folder"
      for file in $(seq 40); do
        head -c 10000 /dev/urandom >"$DESTDIR/$folder/${name}-$file"
      done
    done
    echo 'int main(void) { return 0; }' | gcc -static -x c -o "$DESTDIR/bin/${name}" -
  \`,
  check: skip('there is nothing to check'),
  test: skip('there is nothing to test'),
  update: { kind: 'fixed', why: 'a benchmark' },
  strip: 'none',
})
`
}

/** How many milliseconds it took. */
function run(program: string, args: readonly string[]): number {
  const start = performance.now()
  const { status, stderr } = spawnSync(program, args, {
    cwd: root,
    encoding: 'utf8',
    env: { ...process.env, COOLPORTS_STORE: join(root, '.store') },
  })
  if (status !== 0) throw new Error(`${program} failed: ${stderr}`)
  return performance.now() - start
}
