// Emission for trees of 1,000 and 10,000 packages: a cold run, a run with nothing to do, and a run
// after one edit; each by the door, as a person starts it. Medians, after one run that warms up. Beside
// the cold run: what it takes to write the same files and do nothing else, which is the disk's share.
// $TMPDIR says on which disk.
import { spawnSync } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { availableParallelism, loadavg, tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { API_FILES } from '../test/support/api-files.ts'

const repository = resolve(fileURLToPath(import.meta.url), '../../..')

console.log(
  `emission (whole process, seconds, medians; load ${loadavg()[0]?.toFixed(1)} on ${availableParallelism()} cores)`,
)
console.log('packages    cold   no-op  one edited  --check  cold for a package, ms  writing alone')
for (const count of [1_000, 10_000]) {
  const root = makeTree(count)
  try {
    timed(root)
    const cold = median(count > 1_000 ? 3 : 7, () => {
      clean(root, count)
      return timed(root)
    })
    const idle = median(5, () => timed(root))
    const edited = median(7, run => {
      const path = join(root, 'pkg/p500/package.ts')
      writeFileSync(path, readFileSync(path, 'utf8').replace(/version: '[^']*'/, `version: '1.${run}.5'`))
      return timed(root)
    })
    const check = median(3, () => timed(root, '--check'))
    const writing = median(3, () => writeAgain(root, count))
    const each = ((cold / count) * 1_000).toFixed(2)
    console.log(
      `${String(count).padStart(8)}  ${[cold, idle, edited, check].map(seconds).join('  ')}  ${each}  ${seconds(writing)}`,
    )
  } finally {
    rmSync(root, { recursive: true })
  }
}

/** A tree in which every package depends on three earlier ones, as large as a usual manifest. */
function makeTree(count: number): string {
  const root = mkdtempSync(join(tmpdir(), 'coolports-bench-'))
  for (const part of API_FILES) {
    cpSync(join(repository, part), join(root, part), { recursive: true })
  }
  for (let index = 0; index < count; index++) {
    const dependencies = [index - 1, Math.floor(index / 2), Math.floor(index / 3)].filter(
      to => to >= 0 && to < index,
    )
    mkdirSync(join(root, `pkg/p${index}`), { recursive: true })
    writeFileSync(
      join(root, `pkg/p${index}/package.ts`),
      `import { autotools, definePackage, sh } from 'coolports'

export default definePackage({
  version: '1.${index}',
  description: 'Package number ${index}',
  homepage: 'https://example.org/p${index}',
  license: 'MIT',
  sources: [{ urls: ['https://example.org/p${index}-1.${index}.tar.gz'], sha256: '${index.toString(16).padStart(64, '0')}' }],
  buildDeps: [${[...new Set(dependencies)].map(to => `'p${to}'`).join(', ')}],
  // The first has no earlier one.
  hostPaths: ['/bin'],
  build: autotools({ configure: ['--disable-nls', '--enable-p=${index}'] }),
  test: sh\`p${index} --version\`,
  update: { kind: 'listing', url: 'https://example.org/', pattern: 'p${index}-([0-9.]+)\\\\.tar' },
})
`,
    )
  }
  return root
}

/** Takes away what was emitted, and the memory of it. */
function clean(root: string, count: number): void {
  rmSync(join(root, 'pkg/.gen.json'), { force: true })
  for (let index = 0; index < count; index++) {
    const folder = join(root, `pkg/p${index}`)
    for (const name of readdirSync(folder)) if (name.startsWith('.')) rmSync(join(folder, name))
  }
}

/** Writes what was emitted once more, into folders without it; answers the seconds that the writing took. */
function writeAgain(root: string, count: number): number {
  const emitted = Array.from({ length: count }, (_, index) => join(root, `pkg/p${index}`)).flatMap(folder =>
    readdirSync(folder)
      .filter(name => name.startsWith('.'))
      .map(name => [join(folder, name), readFileSync(join(folder, name), 'utf8')] as const),
  )
  for (const [path] of emitted) rmSync(path)
  const start = process.hrtime.bigint()
  for (const [path, text] of emitted) writeFileSync(path, text)
  return Number(process.hrtime.bigint() - start) / 1e9
}

function timed(root: string, ...options: readonly string[]): number {
  const start = process.hrtime.bigint()
  const { status, stderr } = spawnSync(join(repository, 'bin/coolports-gen'), ['--root', root, ...options], {
    encoding: 'utf8',
  })
  if (status !== 0) throw new Error(`coolports-gen failed: ${stderr}`)
  return Number(process.hrtime.bigint() - start) / 1e9
}

function median(runs: number, run: (index: number) => number): number {
  const times = Array.from({ length: runs }, (_, index) => run(index)).sort((a, b) => a - b)
  return times[Math.floor(runs / 2)] ?? Number.NaN
}

function seconds(time: number): string {
  return time.toFixed(3).padStart(6)
}
