import { createHash } from 'node:crypto'
import { closeSync, openSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { Sha256 } from '../../core/digest.ts'
import { isDiskFull } from '../../core/disk.ts'
import { ok, type Result, refuse } from '../../core/result.ts'
import { hashed } from '../../core/stream-digest.ts'
import { gzipMembers, inBlocks } from './gzip.ts'
import { PENDING_IDENTITY, writeIdentity } from './identity.ts'
import { type ListOptions, listTree } from './list.ts'
import { type TarProblem, TarRefusal } from './problem.ts'
import { type Member, writeMembers } from './write.ts'

export interface Packed {
  /** The package's identity: the sha256 of its tar. */
  readonly digest: Sha256
  /** In bytes, as is the file that holds it. */
  readonly tarBytes: number
  readonly fileBytes: number
  readonly entries: number
}

/**
 * Packs the folder `root` as a package file. Equal folders give equal bytes, on any machine and by
 * any user. `file` is not complete before the promise is; the caller gives it its name afterwards.
 */
export async function packTree(
  root: string,
  file: string,
  options: ListOptions = {},
): Promise<Result<Packed, readonly TarProblem[]>> {
  const entries = listTree(root, options)
  if (!entries.ok) return entries
  const packed = await packMembers(
    entries.value.map(entry => ({ entry, from: join(root, entry.path) })),
    file,
  )
  return packed.ok ? packed : refuse([packed.error])
}

/** The same of entries whose bytes come from many places. */
export async function packMembers(
  members: readonly Member[],
  file: string,
): Promise<Result<Packed, TarProblem>> {
  const hash = createHash('sha256')
  let tarBytes = 0
  let fileBytes = 0
  const update = (block: Uint8Array): void => {
    hash.update(block)
    tarBytes += block.length
  }
  const fd = openSync(file, 'w', 0o644)
  try {
    const blocks = hashed(inBlocks(writeMembers(members)), { update })
    for await (const member of gzipMembers(blocks, PENDING_IDENTITY)) {
      writeFileSync(fd, member)
      fileBytes += member.length
    }
    const digest = hash.digest('hex') as Sha256
    writeIdentity(fd, digest)
    return ok({ digest, tarBytes, fileBytes, entries: members.length })
  } catch (error) {
    if (error instanceof TarRefusal) return refuse(error.problem)
    if (isDiskFull(error)) return refuse({ kind: 'disk full', folder: dirname(file) })
    throw error
  } finally {
    closeSync(fd)
  }
}
