/**
 * Putting a root of 1, 10 and 50 packages together, beside linking it with `cp -al`:
 * `node dist/bench/root.js`. A static busybox is the one program in the sandbox.
 */
import { spawnSync } from 'node:child_process'
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { plantFarm } from '../helpers/sandbox/farm.ts'
import { runSandbox } from '../helpers/sandbox/sandbox.ts'
import type { SandboxSpec } from '../helpers/sandbox/spec.ts'

const ROUNDS = 15
const FILES = 200

const work = mkdtempSync(join(tmpdir(), 'coolports-bench-'))
try {
  const busybox = ['/usr/bin/busybox', '/bin/busybox'].find(existsSync)
  if (!busybox) throw new Error('no busybox here: apt-get install busybox-static')
  for (const folder of ['home/src', 'destdir', 'tmp']) mkdirSync(join(work, folder), { recursive: true })
  writeFileSync(join(work, 'build.sh'), '')
  const trees = Array.from({ length: 50 }, (_, index) => makeTree(index, busybox))
  const bwrap = await median(async () => {
    const ran = spawnSync('bwrap', ['--unshare-all', '--ro-bind', trees[0] ?? '', '/', '--', '/bin/true'])
    if (ran.status !== 0) throw new Error(ran.stderr.toString())
  })
  console.log(`packages of ${FILES} files each, median of ${ROUNDS}, in ms; bwrap alone: ${bwrap.toFixed(1)}`)
  console.log('packages   sandbox and root   root alone   hard links   cp -al')
  for (const count of [1, 10, 50]) console.log((await row(trees.slice(0, count), bwrap)).join(' '))
} finally {
  rmSync(work, { recursive: true, force: true })
}

async function row(trees: readonly string[], bwrap: number): Promise<readonly string[]> {
  const spec: SandboxSpec = { label: 'bench', trees, host: [], sources: [], files: false }
  const sandbox = await median(async () => {
    const ended = await runSandbox(work, spec, { store: join(work, 'store'), command: ['/bin/true'] })
    if (ended.kind !== 'exited' || ended.status !== 0)
      throw new Error(readFileSync(join(work, 'log'), 'utf8'))
  })
  const farm = await median(async () => plantFarm(trees, join(work, 'farm')))
  const copy = await median(async () => {
    rmSync(join(work, 'copy'), { recursive: true, force: true })
    mkdirSync(join(work, 'copy'))
    for (const tree of trees) spawnSync('cp', ['-al', `${tree}/.`, join(work, 'copy')])
  })
  const cells: readonly (readonly [number, number])[] = [
    [trees.length, 8],
    [sandbox, 18],
    [sandbox - bwrap, 12],
    [farm, 12],
    [copy, 8],
  ]
  return cells.map(([value, width], index) => value.toFixed(index === 0 ? 0 : 1).padStart(width))
}

async function median(run: () => Promise<void>): Promise<number> {
  const times: number[] = []
  for (let round = 0; round < ROUNDS; round++) {
    const start = performance.now()
    await run()
    times.push(performance.now() - start)
  }
  return times.sort((a, b) => a - b)[ROUNDS >> 1] ?? 0
}

/** A tree as a package has it: some folders that all packages share, and files of its own. */
function makeTree(index: number, busybox: string): string {
  const tree = join(work, 'trees', String(index))
  const folders = ['bin', 'include', 'lib', 'share/doc', 'share/man/man1']
  for (const folder of folders) mkdirSync(join(tree, folder), { recursive: true })
  for (let file = 0; file < FILES; file++) {
    writeFileSync(join(tree, folders[file % folders.length] ?? '', `p${index}-${file}`), 'text\n')
  }
  if (index === 0) {
    copyFileSync(busybox, join(tree, 'bin/true'))
    chmodSync(join(tree, 'bin/true'), 0o755)
  }
  return tree
}
