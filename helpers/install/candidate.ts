import { join } from 'node:path'
import type { Sha256 } from '../../core/digest.ts'
import { fileDigest } from '../../core/file-digest.ts'
import { ok, type Result, refuse } from '../../core/result.ts'
import type { ClosureMember } from '../built/closure.ts'
import { unpackedTree } from '../store/trees.ts'
import type { StoreUse } from '../store/use.ts'
import { packageMode, SET_UID } from '../tar/entry.ts'
import { listTree } from '../tar/list.ts'
import { setuidFault } from '../tar/setuid.ts'
import type { InstallProblem } from './problem.ts'
import type { Installed, Owned } from './record.ts'

/** A built package that may be installed: what its record would say, and where its files are. */
export interface Candidate extends Installed {
  /** Its unpacked tree in the store. */
  readonly tree: string
}

/**
 * Reads the built packages of a closure. All that cannot be read are told. Their set-uid files are so in a
 * root that root installs; of another user's they would lend out that user's rights.
 */
export async function readCandidates(
  use: StoreUse,
  members: readonly ClosureMember[],
  { asRoot }: { readonly asRoot: boolean },
): Promise<Result<readonly Candidate[], readonly InstallProblem[]>> {
  const found: Candidate[] = []
  const problems: InstallProblem[] = []
  for (const member of members) {
    const read = await readCandidate(use, member, asRoot)
    if (read.ok) found.push(read.value)
    else problems.push(...read.error)
  }
  return problems.length > 0 ? refuse(problems) : ok(found)
}

async function readCandidate(
  use: StoreUse,
  member: ClosureMember,
  asRoot: boolean,
): Promise<Result<Candidate, readonly InstallProblem[]>> {
  const { name, file, asked } = member
  const tree = await unpackedTree(use, file)
  if (!tree.ok) return refuse([{ kind: 'tar', name, problem: tree.error }])
  const entries = ownedIn(tree.value.path)
  if (!entries.ok) return refuse(entries.error.map(problem => ({ kind: 'tar', name, problem })))
  const found = entries.value.filter(isSetuid).map(({ path }) => path)
  const fault = setuidFault(found, member.setuid)
  if (fault) return refuse([{ kind: 'tar', name, problem: fault }])
  const [, version = '', release = ''] = /^(.*)-(\d+)$/.exec(member.version) ?? []
  return ok({
    name,
    version,
    release: Number(release),
    needs: member.needs,
    hash: member.pkghash,
    tar: tree.value.digest,
    asked,
    ...(process.geteuid === undefined ? {} : { by: process.geteuid() }),
    entries: asRoot ? entries.value : entries.value.map(withoutSetuid),
    tree: tree.value.path,
  })
}

const isSetuid = (one: Owned): boolean => one.kind === 'file' && (one.mode & SET_UID) !== 0

const withoutSetuid = (one: Owned): Owned =>
  one.kind === 'file' ? { ...one, mode: packageMode(one.mode) } : one

function ownedIn(tree: string) {
  const entries = listTree(tree, { setuid: 'marked' })
  if (!entries.ok) return entries
  const digests = new Map<string, { readonly sha256: Sha256; readonly size: number }>()
  const owned: Owned[] = []
  for (const entry of entries.value) {
    const { path } = entry
    if (entry.kind === 'directory') owned.push({ kind: 'folder', path, found: false })
    else if (entry.kind === 'symlink') owned.push({ kind: 'symlink', path, target: entry.target })
    else {
      // A hard link is a file of its own here; they are one again where both are put in place at once.
      const known = entry.kind === 'link' ? digests.get(entry.target) : undefined
      const { size } = entry.kind === 'file' ? entry : (known ?? { size: 0 })
      const file = known ?? { sha256: fileDigest(join(tree, path)), size }
      digests.set(path, file)
      owned.push({ kind: 'file', path, mode: entry.mode, ...file })
    }
  }
  return ok(owned)
}
