import { createHash, type Hash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { pipeline } from 'node:stream'
import { createGunzip } from 'node:zlib'
import type { Sha256 } from '../../core/digest.ts'
import { checkedPath } from '../../core/entry-path.ts'
import { ok, type Result, refuse } from '../../core/result.ts'
import type { ClosureMember } from '../built/closure.ts'
import { packageMode, SET_UID } from '../tar/entry.ts'
import { entryCheck, type Held, inspectTar } from '../tar/inspect.ts'
import type { TarProblem } from '../tar/problem.ts'
import { SetuidCheck } from '../tar/setuid.ts'

/** A package whose file was read to its end, and found to be what it says. */
export interface Contents {
  readonly member: ClosureMember
  /** In bytes. */
  readonly tarBytes: number
  /** The sha256 of its file, the `.tar.gz` itself. */
  readonly fileSha256: Sha256
  readonly fileBytes: number
  /**
   * What stands at each path, such that two packages that agree about a path have equal texts there:
   * `directory`, `file MODE SHA256`, `symlink TARGET`.
   */
  readonly paths: ReadonlyMap<string, string>
}

/**
 * Reads a package to its end. Refused is what no package may bring into an image: all that unpacking
 * refuses, other set-id bits than its key names, and names that image tools take for an order to delete.
 */
export async function readContents(member: ClosureMember): Promise<Result<Contents, TarProblem>> {
  const tarHash = createHash('sha256')
  const fileHash = createHash('sha256')
  let tarBytes = 0
  let fileBytes = 0
  const file = createReadStream(member.file, { highWaterMark: CHUNK })
  file.on('data', chunk => {
    fileHash.update(chunk as Buffer)
    fileBytes += chunk.length
  })
  const gunzip = pipeline(file, createGunzip({ chunkSize: CHUNK }), () => {})
  async function* chunks(): AsyncGenerator<Uint8Array> {
    for await (const chunk of gunzip as AsyncIterable<Uint8Array>) {
      tarHash.update(chunk)
      tarBytes += chunk.length
      yield chunk
    }
  }
  const paths = new Map<string, string>()
  const setuid = new SetuidCheck(member.setuid)
  const read = await inspectTar(chunks(), inspector(paths, setuid))
  if (!read.ok) return read
  const missing = setuid.end()
  if (missing) return refuse(missing)
  const got = tarHash.digest('hex')
  if (got !== member.tar) return refuse({ kind: 'digest', want: member.tar, got })
  return ok({ member, tarBytes, fileSha256: fileHash.digest('hex') as Sha256, fileBytes, paths })
}

const CHUNK = 256 * 1024

function inspector(paths: Map<string, string>, setuid: SetuidCheck) {
  const entryWhy = entryCheck()
  let body: { readonly path: string; readonly mode: number; readonly hash: Hash } | undefined
  return {
    check(held: Held): string | undefined {
      const why = entryWhy(held) ?? layerWhy(held) ?? setuid.entry(held.kind, held.path, held.mode)
      if (why !== undefined) return why
      body = undefined
      const path = checkedPath(held.path)
      if (held.kind === 'directory') paths.set(path, 'directory')
      else if (held.kind === 'symlink') paths.set(path, `symlink ${held.target}`)
      else if (held.kind === 'link') paths.set(path, paths.get(checkedPath(held.target ?? '')) ?? '')
      else body = { path, mode: packageMode(held.mode) | (held.mode & SET_UID), hash: createHash('sha256') }
      return undefined
    },
    bytes: (chunk: Uint8Array): void => {
      body?.hash.update(chunk)
    },
    end: (): void => {
      if (body) paths.set(body.path, `file ${body.mode.toString(8)} ${body.hash.digest('hex')}`)
    },
  }
}

function layerWhy({ path }: Held): string | undefined {
  // Source of the names: OCI image specification 1.1, "Whiteouts".
  if (path.split('/').some(part => part.startsWith('.wh.')))
    return 'in an image its name is an order to delete a file of another layer'
  return undefined
}
