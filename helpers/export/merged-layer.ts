import { dirname, join } from 'node:path'
import { fileDigest } from '../../core/file-digest.ts'
import { type Message, quoted } from '../../core/message.ts'
import { ok, type Result, refuse } from '../../core/result.ts'
import type { StoreUse } from '../store/use.ts'
import { packMembers } from '../tar/pack.ts'
import { type TarProblem, tarMessage } from '../tar/problem.ts'
import type { Contents } from './contents.ts'
import { fileLayer, type Layer } from './layer.ts'
import { mergeMembers } from './merge.ts'
import { formatParts, type Part } from './parts.ts'
import { treeMembers } from './tree-members.ts'

/**
 * One layer of packages, the first on top: what an image shows of their own layers. It is packed in `scratch`, a
 * folder for this alone, which has to stay until the layer's bytes have been read. The entries stand package by package,
 * and the layer says how many are of each; so every one can be told whose it is.
 */
export async function mergedLayer(
  packages: readonly Contents[],
  use: StoreUse,
  scratch: string,
  uncompressed: boolean,
): Promise<Result<Layer, readonly Message[]>> {
  const trees = await treeMembers(packages, use)
  if (!trees.ok) return trees
  const seen = mergeMembers(trees.value)
  const file = join(scratch, 'merged.tar.gz')
  const packed = await packMembers(seen.flat(), file)
  if (!packed.ok) return refuse([packMessage(scratch, packed.error)])
  const { digest: tar, tarBytes, fileBytes } = packed.value
  const parts = packages.map(({ member: { name, version, tar, pkghash } }, index): Required<Part> => {
    return { name, version, entries: seen[index]?.length ?? 0, tar, pkghash }
  })
  const what = `merged ${formatParts(parts.map(({ pkghash: _, ...part }) => part))}`
  const bytes = { file, tar, tarBytes, fileBytes, fileSha256: fileDigest(file) }
  return ok(
    fileLayer(bytes, { what, annotations: { 'coolports.packages': formatParts(parts) } }, uncompressed),
  )
}

function packMessage(scratch: string, problem: TarProblem): Message {
  const told = tarMessage('export', 'the packages that share a layer', problem)
  if (problem.kind !== 'disk full') return told
  // That folder itself is gone when this is read.
  return {
    ...told,
    facts: [['folder', quoted(dirname(scratch))]],
    remedy: 'make room there, or set TMPDIR to another one',
  }
}
