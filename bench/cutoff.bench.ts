// Early cut-off: a tower of packages upon a seed whose recipe changes, and whose bytes do not. Built anew
// without the store's notes of contents, and with them; beside it a run that has nothing to do. The seed is
// Debian's busybox-static, lest most of the time goes into importing a toolchain.
import { spawnSync } from 'node:child_process'
import { hash } from 'node:crypto'
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { availableParallelism, loadavg, tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { median } from './support/median.ts'
import { plantTree } from './support/tree.ts'

const repository = resolve(fileURLToPath(import.meta.url), '../../..')
const COUNT = 100
const ROUNDS = 3

/** How long the build of each package works: that of a real one takes longer. */
const WORK = 'i=0; while [ $i -lt 20000 ]; do i=$((i+1)); done'

const root = mkdtempSync(join(tmpdir(), 'coolports-bench-'))
try {
  makeTree()
  const targets = Array.from({ length: COUNT }, (_, index) => `pkg/p${index}/.pkg.tar.gz`)
  bring(targets)
  const again: number[] = []
  const cutOff: number[] = []
  const rebuilt: number[] = []
  for (let round = 0; round < ROUNDS; round++) {
    again.push(bring(targets).seconds)
    editSeed()
    const taken = bring(targets)
    if (taken.builds !== 0) throw new Error(`${taken.builds} packages were built`)
    cutOff.push(taken.seconds)
    editSeed()
    rmSync(join(root, '.store/contents'), { recursive: true })
    const all = bring(targets)
    if (all.builds !== COUNT) throw new Error(`${all.builds} packages were built, not ${COUNT}`)
    rebuilt.push(all.seconds)
  }
  console.log(
    `a comment in the seed's recipe, ${COUNT} packages above it, -j2, seconds, medians of ${ROUNDS}`,
  )
  console.log(`cut off, 0 built       ${median(cutOff).toFixed(2)}`)
  console.log(`without, all built     ${median(rebuilt).toFixed(2)}`)
  console.log(`nothing to do          ${median(again).toFixed(2)}`)
  console.log(`without / cut off      ${(median(rebuilt) / median(cutOff)).toFixed(1)}`)
  console.log(`load now               ${loadavg()[0]?.toFixed(1)} on ${availableParallelism()} cores`)
} finally {
  rmSync(root, { recursive: true, force: true })
}

function makeTree(): void {
  plantTree(repository, root)
  for (const name of ['seed', 'top']) mkdirSync(join(root, 'pkg', name), { recursive: true })
  makeSeed()
  // A package between the seed and the rest, whose recipe is a script that can have a comment.
  writeFileSync(join(root, 'pkg/top/package.ts'), manifest("'seed'", 'echo top >"$DESTDIR/top"'))
  for (let index = 0; index < COUNT; index++) {
    const below = index < 10 ? 'top' : `p${index - 10}`
    mkdirSync(join(root, `pkg/p${index}`))
    writeFileSync(
      join(root, `pkg/p${index}/package.ts`),
      manifest(`'seed', '${below}'`, `${WORK}; echo ${index} >"$DESTDIR/p${index}"`),
    )
  }
  generate()
}

function makeSeed(): void {
  const bin = join(root, 'seed/bin')
  mkdirSync(bin, { recursive: true })
  cpSync('/usr/bin/busybox', join(bin, 'busybox'))
  symlinkSync('busybox', join(bin, 'sh'))
  const archive = join(root, 'seed.tar')
  run('tar', ['-C', join(root, 'seed'), '-cf', archive, 'bin'])
  const sha256 = hash('sha256', readFileSync(archive))
  writeFileSync(
    join(root, 'pkg/seed/package.ts'),
    `import { definePackage, importArchive, skip } from 'coolports'
export default definePackage({
  version: '1',
  description: 'A shell',
  homepage: 'https://busybox.net',
  license: 'GPL-2.0-only',
  sources: [{ urls: ['file://${archive}'], sha256: '${sha256}' }],
  build: importArchive(),
  test: skip('a benchmark'),
  update: { kind: 'fixed', why: 'a benchmark' },
})
`,
  )
}

function manifest(buildDeps: string, build: string): string {
  return `import { definePackage, sh, skip } from 'coolports'
export default definePackage({
  version: '1',
  description: 'A file',
  homepage: 'https://example.org',
  license: 'MIT',
  buildDeps: [${buildDeps}],
  build: sh\`${build}\`,
  check: skip('there is nothing to check'),
  test: skip('there is nothing to test'),
  update: { kind: 'fixed', why: 'a benchmark' },
  strip: 'none',
})
`
}

/** The next release of the seed: imported anew from the same archive, so that its bytes are the same. */
function editSeed(): void {
  const path = join(root, 'pkg/seed/package.ts')
  const text = readFileSync(path, 'utf8')
  const release = Number(/\n {2}release: (\d+),/.exec(text)?.[1] ?? 1) + 1
  const bare = text.replace(/\n {2}release: \d+,/, '')
  writeFileSync(path, bare.replace(/\n {2}version: ([^\n]*)/, `\n  version: $1\n  release: ${release},`))
  generate()
  // To import it again is no part of what is measured.
  bring(['pkg/seed/.pkg.tar.gz'])
}

function generate(): void {
  run('node', ['dist/gen.js', '--root', root])
}

function bring(targets: readonly string[]): { readonly seconds: number; readonly builds: number } {
  const start = process.hrtime.bigint()
  const said = run('bin/do', ['-j2', ...targets])
  const seconds = Number(process.hrtime.bigint() - start) / 1e9
  return { seconds, builds: said.match(/^ *build p\d/gm)?.length ?? 0 }
}

function run(program: string, args: readonly string[]): string {
  const { status, stdout, stderr } = spawnSync(program, args, {
    cwd: root,
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
    env: { ...process.env, COOLPORTS_STORE: join(root, '.store') },
  })
  if (status !== 0) throw new Error(`${program} failed: ${stderr}`)
  return stdout + stderr
}
