import { existsSync, mkdirSync, readdirSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import type { Sha256 } from '../../core/digest.ts'
import { makeFolders } from '../../core/folders.ts'
import { takesModes } from '../../core/mode.ts'
import { isYoung, parsePart, partOf, sweepParts } from '../../core/part.ts'
import { removeTree } from '../../core/remove.ts'
import { ok, type Result, refuse } from '../../core/result.ts'
import { treePath } from '../../core/store.ts'
import { readIdentity } from '../tar/identity.ts'
import type { TarProblem } from '../tar/problem.ts'
import { moveFolder } from './move.ts'
import { isStanding } from './standing.ts'
import type { StoreUse } from './use.ts'

export interface Tree {
  readonly digest: Sha256
  readonly path: string
}

/**
 * The unpacked tree of a package's file, unpacked now if the store does not have it, and there as long as
 * the store is used. It is named by the digest of its tar and gets that name by a rename, after the digest
 * was verified: whoever finds it may trust it, and of two that unpack at once one simply comes second.
 */
export async function unpackedTree(use: StoreUse, file: string): Promise<Result<Tree, TarProblem>> {
  const digest = readIdentity(file)
  if (!digest) return refuse({ kind: 'unidentified' })
  await use.need({ trees: [digest] })
  const path = treePath(use.store, digest)
  if (await isStanding(use.store, 'trees', path)) return ok({ digest, path })

  const trees = makeFolders(dirname(path))
  sweepOnce(trees)
  while (isUnpackedElsewhere(trees, digest)) await setTimeout(POLL_MS)
  if (existsSync(path)) return ok({ digest, path })
  const unpacked = await unpack(file, path, 'marked')
  return unpacked.ok ? ok({ digest, path }) : unpacked
}

/**
 * The tree of a package that comes from elsewhere and is said to have this digest. Its file is read to
 * the end in any case: that there is such a tree already says nothing about this file. `setuid`: the files
 * that its key calls set-uid, and that must be so.
 */
export async function provenTree(
  store: string,
  file: string,
  digest: Sha256,
  setuid: readonly string[],
): Promise<Result<Tree, TarProblem>> {
  const named = readIdentity(file)
  if (named !== digest)
    return refuse(named ? { kind: 'digest', want: digest, got: named } : { kind: 'unidentified' })
  const path = treePath(store, digest)
  if (await isStanding(store, 'trees', path)) {
    const { verifyPackage } = await import('../tar/verify.ts')
    const verified = await verifyPackage(file, setuid)
    return verified.ok ? ok({ digest, path }) : verified
  }
  const trees = makeFolders(dirname(path))
  sweepOnce(trees)
  const unpacked = await unpack(file, path, setuid)
  return unpacked.ok ? ok({ digest, path }) : unpacked
}

async function unpack(
  file: string,
  path: string,
  setuid: readonly string[] | 'marked',
): Promise<Result<Sha256, TarProblem>> {
  const part = partOf(path)
  try {
    mkdirSync(part)
    if (!takesModes(part, 0o700, 0o755)) return refuse({ kind: 'no modes', folder: dirname(path) })
    // Loaded here, because almost every build finds its trees unpacked.
    const { unpackPackage } = await import('../tar/unpack.ts')
    const unpacked = await unpackPackage(file, part, { setuid })
    if (unpacked.ok) moveFolder(part, path)
    return unpacked
  } finally {
    removeTree(part)
  }
}

const POLL_MS = 50

/** Waiting for another is less work than unpacking a whole toolchain twice, unless that one has stopped. */
const isUnpackedElsewhere = (trees: string, digest: Sha256): boolean =>
  readdirSync(trees).some(name => {
    const part = parsePart(name)
    return part?.of === digest && part.isRunning === true && isYoung(join(trees, name))
  })

/** Once for each process: a store has many trees, and a run unpacks many. */
function sweepOnce(trees: string): void {
  if (swept.has(trees)) return
  swept.add(trees)
  sweepParts(trees)
}

const swept = new Set<string>()
