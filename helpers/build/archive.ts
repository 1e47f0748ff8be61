import { spawn } from 'node:child_process'
import { closeSync, createReadStream, openSync, readSync } from 'node:fs'
import { missingProgram } from '../../core/missing.ts'
import { ok, type Result, refuse } from '../../core/result.ts'
import { gunzipped } from '../tar/unpack.ts'
import type { BuildProblem } from './problem.ts'

/** The tar inside an archive. After the last chunk, `failure` tells whether they were all. */
interface ArchiveBytes {
  readonly chunks: AsyncIterable<Uint8Array>
  readonly failure: () => BuildProblem | undefined
}

/** Files that a person may take for an archive of ours, by their first bytes. */
const OTHERS: readonly (readonly [magic: string, what: string])[] = [
  ['425a68', 'a bzip2 file'],
  ['28b52ffd', 'a zstd file'],
  ['504b0304', 'a zip file'],
  ['377abcaf271c', 'a 7z file'],
  ['5d0000', 'a lzma file'],
]

/** Opens a tar, tar.gz or tar.xz, by its first bytes, since the name in a store is a digest. */
export function archiveBytes(path: string, name: string): Result<ArchiveBytes, BuildProblem> {
  const head = firstBytes(path)
  const none = (): undefined => undefined
  const other = OTHERS.find(([magic]) => head.startsWith(magic))?.[1]
  if (other !== undefined)
    return refuse({
      kind: 'decompressor failed',
      thing: name,
      words: `it is ${other}, and an archive is a tar, a tar.gz or a tar.xz`,
    })
  if (head.startsWith('1f8b')) return ok({ chunks: gunzipped(path), failure: none })
  if (!head.startsWith('fd377a585a00')) return ok({ chunks: createReadStream(path), failure: none })
  const missing = missingProgram('xz')
  return missing ? refuse({ kind: 'missing', missing }) : ok(unxz(path, name))
}

/** By the xz of the host: its answer is fixed by the format, and what comes out is checked like any archive. */
function unxz(path: string, name: string): ArchiveBytes {
  const input = openSync(path, 'r')
  const child = spawn('xz', ['--decompress', '--stdout', '--threads=0'], { stdio: [input, 'pipe', 'pipe'] })
  closeSync(input)
  let words = ''
  child.stderr?.setEncoding('utf8').on('data', text => {
    words += text
  })
  const status = new Promise<number | null>(resolve => {
    child.once('error', () => resolve(null))
    child.once('close', resolve)
  })
  let failed = false
  async function* chunks(): AsyncGenerator<Uint8Array> {
    yield* child.stdout as AsyncIterable<Uint8Array>
    failed = (await status) !== 0
  }
  const failure = (): BuildProblem | undefined =>
    failed ? { kind: 'decompressor failed', thing: name, words: words.trim() || 'xz failed' } : undefined
  return { chunks: chunks(), failure }
}

function firstBytes(path: string): string {
  const fd = openSync(path, 'r')
  try {
    const head = Buffer.alloc(6)
    return head.toString('hex', 0, readSync(fd, head))
  } finally {
    closeSync(fd)
  }
}
