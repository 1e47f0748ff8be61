import { existsSync, readFileSync } from 'node:fs'
import { ok, type Result, refuse } from '../../core/result.ts'
import { type Tree, unpackedTree } from '../store/trees.ts'
import type { StoreUse } from '../store/use.ts'
import { readIdentity } from '../tar/identity.ts'
import type { BuildProblem } from './problem.ts'

/** One package of a closure: its file, as the list names it, and its tree. */
export interface Member extends Tree {
  readonly file: string
}

/** The trees of the packages that some lists name, one path a line; each package once, where it comes first. */
export async function closureTrees(
  use: StoreUse,
  lists: readonly string[],
): Promise<Result<readonly Member[], readonly BuildProblem[]>> {
  const noLists = lists.filter(list => !existsSync(list))
  if (noLists.length > 0) return refuse(noLists.map(list => ({ kind: 'no list', list })))
  const named = new Map<string, string>()
  for (const list of lists) {
    for (const file of closureFiles(readFileSync(list, 'utf8'))) if (!named.has(file)) named.set(file, list)
  }
  const missing = [...named].filter(([file]) => !existsSync(file))
  if (missing.length > 0) return refuse(missing.map(([file, list]) => ({ kind: 'not built', list, file })))
  // All at once, though one by one would do: each time a file is written.
  await use.need({ trees: [...named.keys()].flatMap(file => readIdentity(file) ?? []) })
  const members: Member[] = []
  const problems: BuildProblem[] = []
  for (const file of named.keys()) {
    const tree = await unpackedTree(use, file)
    if (tree.ok) members.push({ file, ...tree.value })
    else problems.push({ kind: 'tar', action: 'unpack', thing: file, problem: tree.error })
  }
  return problems.length > 0 ? refuse(problems) : ok(members)
}

const closureFiles = (text: string): readonly string[] => text.split('\n').filter(line => line.trim() !== '')
