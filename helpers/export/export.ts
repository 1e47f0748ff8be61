import { type Message, quoted } from '../../core/message.ts'
import { byCodeUnit } from '../../core/order.ts'
import { ok, type Result, refuse } from '../../core/result.ts'
import type { ClosureMember } from '../built/closure.ts'
import type { StoreUse } from '../store/use.ts'
import { tarMessage } from '../tar/problem.ts'
import type { Member } from '../tar/write.ts'
import { type Choice, type Clash, type Owner, settle } from './clash.ts'
import { type Contents, readContents } from './contents.ts'
import { type Extras, extraLayer, extraMembers } from './extra.ts'
import { type Image, makeImage, type RunOptions } from './image.ts'
import { type Layer, packageLayer } from './layer.ts'
import { mergeMembers } from './merge.ts'
import { treeMembers } from './tree-members.ts'

/** What is exported, whatever its form. */
export interface Selection {
  readonly members: readonly ClosureMember[]
  readonly extras: Extras
  readonly choice: Choice
}

/** The packages of a selection, all verified, in the order in which they are seen: the first one on top. */
export interface Settled {
  readonly contents: readonly Contents[]
  /** What stands above all packages, because it was asked for by itself. */
  readonly extras: readonly Member[]
}

/** Reads all packages, and refuses what is damaged and what nobody has chosen between; all of it is told. */
export async function settleSelection({
  members,
  extras,
  choice,
}: Selection): Promise<Result<Settled, readonly Message[]>> {
  const contents: Contents[] = []
  const problems: Message[] = []
  for (const member of members) {
    const read = await readContents(member)
    if (read.ok) contents.push(read.value)
    else problems.push(tarMessage('export', member.name, read.error))
  }
  if (problems.length > 0) return refuse(problems)
  const added = extraMembers(extras)
  const owners: readonly (Owner & { readonly contents?: Contents })[] = [
    ...(added.length === 0 ? [] : [{ name: EXTRAS_NAME, paths: extraPaths(added) }]),
    ...contents.map(one => ({ name: one.member.name, paths: one.paths, contents: one })),
  ]
  const settled = settle(owners, { ...choice, prefer: [EXTRAS_NAME, ...choice.prefer] })
  if (settled.open.length > 0) return refuse([clashMessage(settled.open)])
  return ok({ contents: settled.owners.flatMap(one => one.contents ?? []), extras: added })
}

/** A selection as an image, and its layers, the lowest first. `merged`: a layer that lies above those of the packages. */
export async function imageOf(
  { contents, extras }: Settled,
  run: RunOptions,
  uncompressed: boolean,
  merged?: Layer,
): Promise<{ readonly image: Image; readonly layers: readonly Layer[] }> {
  const extra = await extraLayer(extras, uncompressed)
  const packages = contents.map(one => packageLayer(one, uncompressed)).reverse()
  const layers = [...packages, ...(merged ? [merged] : []), ...(extra ? [extra] : [])]
  return { image: makeImage(layers, run), layers }
}

/** A selection as the members of one archive, sorted: what an image of it would hold once it is unpacked. */
export async function mergedMembers(
  { contents, extras }: Settled,
  use: StoreUse,
): Promise<Result<readonly Member[], readonly Message[]>> {
  const trees = await treeMembers(contents, use)
  if (!trees.ok) return trees
  const merged = mergeMembers([extras, ...trees.value]).flat()
  return ok(merged.sort((a, b) => byCodeUnit(a.entry.path, b.entry.path)))
}

/** No package can be called so. */
const EXTRAS_NAME = '--with'

const extraPaths = (members: readonly Member[]): ReadonlyMap<string, string> =>
  new Map(members.map(({ entry }) => [entry.path, entry.kind === 'directory' ? 'directory' : EXTRAS_NAME]))

const SHOWN = 20

function clashMessage(open: readonly Clash[]): Message {
  const owners = [...new Set(open.map(clash => clash.owners[0] ?? ''))]
  return {
    cannot: 'export',
    why: open.length === 1 ? 'two packages differ at a path' : `packages differ at ${open.length} paths`,
    facts: [
      ...open.slice(0, SHOWN).map(clash => [clash.owners.join(', '), quoted(clash.path)] as const),
      ...(open.length > SHOWN ? [['', `and ${open.length - SHOWN} more`] as const] : []),
    ],
    remedy: `choose: --prefer ${owners.join(' --prefer ')}, or another owner; or --order, by which the earlier package's file is seen`,
  }
}
