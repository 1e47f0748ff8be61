import { join } from 'node:path'
import type { Message } from '../../core/message.ts'
import { ok, type Result, refuse } from '../../core/result.ts'
import type { ClosureMember } from '../built/closure.ts'
import { unpackedTree } from '../store/trees.ts'
import type { StoreUse } from '../store/use.ts'
import { listTree } from '../tar/list.ts'
import { tarMessage } from '../tar/problem.ts'
import type { Member } from '../tar/write.ts'

/** What each package holds, to be read from its tree in the store, where it is unpacked now if it was not yet. */
export async function treeMembers(
  packages: readonly { readonly member: ClosureMember }[],
  use: StoreUse,
): Promise<Result<readonly (readonly Member[])[], readonly Message[]>> {
  const all: (readonly Member[])[] = []
  for (const { member } of packages) {
    const tree = await unpackedTree(use, member.file)
    if (!tree.ok) return refuse([tarMessage('export', member.name, tree.error)])
    const listed = listTree(tree.value.path, { setuid: 'marked' })
    if (!listed.ok) return refuse(listed.error.map(problem => tarMessage('export', member.name, problem)))
    all.push(listed.value.map(entry => ({ entry, from: join(tree.value.path, entry.path) })))
  }
  return ok(all)
}
