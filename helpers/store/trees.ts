import { randomBytes } from 'node:crypto'
import { chmodSync, existsSync, lstatSync, mkdirSync, readdirSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import type { Sha256 } from '../../core/digest.ts'
import { isLeftBy } from '../../core/process.ts'
import { removeTree } from '../../core/remove.ts'
import { ok, type Result, refuse } from '../../core/result.ts'
import { treePath } from '../../core/store.ts'
import { readIdentity } from '../tar/identity.ts'
import type { TarProblem } from '../tar/problem.ts'
import { placeFolder } from './place.ts'
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
  if (existsSync(path)) return ok({ digest, path })

  const trees = dirname(path)
  mkdirSync(trees, { recursive: true })
  sweepParts(trees)
  while (isUnpackedElsewhere(trees, digest)) await setTimeout(POLL_MS)
  if (existsSync(path)) return ok({ digest, path })
  const unpacked = await unpack(file, partPath(trees, digest), path, 'marked')
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
  if (existsSync(path)) {
    const { verifyPackage } = await import('../tar/verify.ts')
    const verified = await verifyPackage(file, setuid)
    return verified.ok ? ok({ digest, path }) : verified
  }
  const trees = dirname(path)
  mkdirSync(trees, { recursive: true })
  sweepParts(trees)
  const unpacked = await unpack(file, partPath(trees, digest), path, setuid)
  return unpacked.ok ? ok({ digest, path }) : unpacked
}

/**
 * Nobody else's: in another container that shares the store a process may have our number, and would take away what
 * we unpack while we do. The number is for those who wait, and for gc.
 */
const partPath = (trees: string, digest: Sha256): string =>
  join(trees, `.${digest}.${randomBytes(4).toString('hex')}.${process.pid}`)

async function unpack(
  file: string,
  part: string,
  path: string,
  setuid: readonly string[] | 'marked',
): Promise<Result<Sha256, TarProblem>> {
  try {
    mkdirSync(part)
    chmodSync(part, 0o755)
    // Loaded here, because almost every build finds its trees unpacked.
    const { unpackPackage } = await import('../tar/unpack.ts')
    const unpacked = await unpackPackage(file, part, { setuid })
    if (unpacked.ok) placeFolder(part, path)
    return unpacked
  } finally {
    removeTree(part)
  }
}

const POLL_MS = 50

/** No package takes that long to unpack; a process id that is found alive afterwards is somebody else's. */
const STALE_MS = 10 * 60 * 1000

interface Part {
  readonly name: string
  readonly digest: string
  readonly alive: boolean
  readonly stale: boolean
}

/** What others are unpacking, or were when they were killed. */
function parts(trees: string): readonly Part[] {
  return readdirSync(trees).flatMap(name => {
    const [, digest, pid] = /^\.([0-9a-f]{64})(?:\.[0-9a-f]{8})?\.(\d+)$/.exec(name) ?? []
    const stats = digest ? lstatSync(join(trees, name), { throwIfNoEntry: false }) : undefined
    if (!digest || !pid || !stats) return []
    return [{ name, digest, alive: !isLeftBy(Number(pid)), stale: Date.now() - stats.ctimeMs > STALE_MS }]
  })
}

/** Waiting for another is less work than unpacking a whole toolchain twice. */
const isUnpackedElsewhere = (trees: string, digest: Sha256): boolean =>
  parts(trees).some(part => part.digest === digest && part.alive && !part.stale)

/**
 * Stale ones alone, for a store may be shared with a container, whose processes cannot be seen. Once for each
 * process: a store has many trees, and a run unpacks many.
 */
function sweepParts(trees: string): void {
  if (swept.has(trees)) return
  swept.add(trees)
  for (const part of parts(trees)) if (part.stale && !part.alive) removeTree(join(trees, part.name))
}

const swept = new Set<string>()
