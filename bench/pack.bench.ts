/**
 * Packing and unpacking beside GNU tar with gzip and pigz: `node dist/bench/pack.js [MEGABYTES]`.
 * All in one run on the same files, so that the ratios hold on a busy machine too.
 */
import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { packTree } from '../helpers/tar/pack.ts'
import { unpackPackage } from '../helpers/tar/unpack.ts'
import { fill } from './support/fill.ts'

const ROUNDS = 3

interface Contender {
  readonly name: string
  /** Makes or reads the file; throws when it cannot. */
  readonly run: (folder: string, file: string, into: string) => Promise<void>
}

const shell = (name: string, command: string): Contender => ({
  name,
  run: async (folder, file, into) => {
    const ran = spawnSync('sh', ['-c', command, 'sh', folder, file, into], {
      stdio: ['ignore', 'ignore', 'pipe'],
    })
    if (ran.status !== 0) throw new Error(ran.stderr.toString().trim())
  },
})

const PACKERS: readonly Contender[] = [
  { name: 'coolports', run: async (folder, file) => must(await packTree(folder, file)) },
  shell('tar', 'tar -cf "$2" -C "$1" .'),
  shell('tar | gzip', 'tar -cf - -C "$1" . | gzip -6 >"$2"'),
  shell('tar | pigz', 'command -v pigz >/dev/null || exit 1; tar -cf - -C "$1" . | pigz -6 >"$2"'),
]

const UNPACKERS: readonly Contender[] = [
  { name: 'coolports', run: async (_, file, into) => must(await unpackPackage(file, into)) },
  shell('gzip | tar', 'gzip -dc "$2" | tar -xf - -C "$3"'),
  shell('pigz | tar', 'command -v pigz >/dev/null || exit 1; pigz -dc "$2" | tar -xf - -C "$3"'),
]

const megabytes = Number(process.argv[2] ?? 300)
const work = mkdtempSync(join(tmpdir(), 'coolports-bench-'))
try {
  const folder = join(work, 'folder')
  const files = fill(folder, megabytes)
  console.log(`${megabytes} MB in ${files} files, best of ${ROUNDS}`)
  await compare('pack', PACKERS, folder)
  // Each unpacks the same file: the one that coolports packed.
  must(await packTree(folder, join(work, 'file')))
  await compare('unpack', UNPACKERS, folder)
} finally {
  rmSync(work, { recursive: true, force: true })
}

async function compare(what: string, contenders: readonly Contender[], folder: string): Promise<void> {
  let ours = 0
  for (const contender of contenders) {
    const seconds = await best(what, contender, folder)
    if (seconds === undefined) {
      console.log(`${what.padEnd(7)} ${contender.name.padEnd(11)} not here`)
      continue
    }
    ours ||= seconds
    const size = what === 'pack' ? `${(statSync(join(work, contender.name)).size / 1e6).toFixed(1)} MB` : ''
    const cells = [
      `${(megabytes / seconds).toFixed(0)} MB/s`,
      `${seconds.toFixed(2)} s`,
      `x${(seconds / ours).toFixed(2)}`,
      size,
    ]
    console.log(
      `${what.padEnd(7)} ${contender.name.padEnd(11)} ${cells.map(cell => cell.padStart(9)).join(' ')}`,
    )
  }
}

async function best(what: string, contender: Contender, folder: string): Promise<number | undefined> {
  const file = what === 'pack' ? join(work, contender.name) : join(work, 'file')
  const into = join(work, 'into')
  const times: number[] = []
  for (let round = 0; round < ROUNDS; round++) {
    rmSync(into, { recursive: true, force: true })
    mkdirSync(into)
    const start = performance.now()
    try {
      await contender.run(folder, file, into)
    } catch {
      return undefined
    }
    times.push((performance.now() - start) / 1000)
  }
  return Math.min(...times)
}

function must(result: { readonly ok: boolean }): void {
  if (!result.ok) throw new Error(JSON.stringify(result))
}
