import { isUtf8 } from 'node:buffer'
import { createHash } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { sha256 } from '../core/digest.ts'
import { KEY_FILE } from '../core/key-file.ts'
import { byCodeUnit } from '../core/order.ts'
import { ok, type Result, refuse } from '../core/result.ts'
import { storeRoot } from '../core/store.ts'
import { keyText } from '../generator/key.ts'
import type { Package } from '../generator/package.ts'
import { type ClosureMember, withTrees } from '../helpers/built/closure.ts'
import type {
  Bill,
  BilledFile,
  BilledPackage,
  BilledPatch,
  RegularFile,
  ShippedPackage,
} from '../helpers/sbom/bill.ts'
import { unpackedTree } from '../helpers/store/trees.ts'
import type { StoreUse } from '../helpers/store/use.ts'
import { identityAt } from '../helpers/tar/identity.ts'
import { listTree } from '../helpers/tar/list.ts'
import { tarMessage } from '../helpers/tar/problem.ts'
import type { Member } from '../helpers/tar/write.ts'
import { closureOf, type Manifests, readable, readTree } from './manifests.ts'
import { no, type Refusal } from './output.ts'
import { presentKey } from './present-key.ts'

/**
 * What is said about a built closure: from the manifests, which must be those that it was built from. `added` is what
 * goes along and is of no package.
 */
export async function billOf(
  tree: string,
  closure: readonly ClosureMember[],
  added: readonly Member[] = [],
): Promise<Result<Bill, Refusal>> {
  const read = await readTree(tree)
  if (!read.ok) return read
  const manifests = read.value

  const found = await withTrees(storeRoot(process.env, tree), closure, use =>
    shippedPackages(use, tree, manifests, closure),
  )
  if (!found.ok) return found
  const shipped = found.value
  const made = closureOf(
    manifests,
    closure.map(({ name }) => name),
    pkg => [...pkg.runDeps, ...pkg.buildDeps],
  )
  if (!made.ok) return made
  const builders: BilledPackage[] = []
  for (const name of made.value) {
    if (shipped.some(one => one.name === name)) continue
    const one = billedPackage(tree, manifests, name)
    if (!one.ok) return one
    builders.push(one.value)
  }
  const byName = (a: BilledPackage, b: BilledPackage): number => byCodeUnit(a.name, b.name)
  return ok({
    shipped: [...shipped].sort(byName),
    builders: builders.sort(byName),
    added: added.flatMap(({ entry, from }) =>
      from instanceof Uint8Array ? [billedFile(entry.path, from)] : [],
    ),
  })
}

async function shippedPackages(
  use: StoreUse,
  tree: string,
  manifests: Manifests,
  closure: readonly ClosureMember[],
): Promise<Result<readonly ShippedPackage[], Refusal>> {
  const shipped: ShippedPackage[] = []
  for (const member of closure) {
    const one = await shippedPackage(use, tree, manifests, member)
    if (!one.ok) return one
    shipped.push(one.value)
  }
  return ok(shipped)
}

async function shippedPackage(
  use: StoreUse,
  tree: string,
  manifests: Manifests,
  { name, file, tar, asked }: ClosureMember,
): Promise<Result<ShippedPackage, Refusal>> {
  const billed = billedPackage(tree, manifests, name)
  if (!billed.ok) return billed
  const unpacked = await unpackedTree(use, file)
  if (!unpacked.ok) return refuse(no(tarMessage('read', name, unpacked.error)))
  const files = filesIn(unpacked.value.path)
  if (!files.ok) return refuse({ status: 1, messages: files.error.map(one => tarMessage('read', name, one)) })
  return ok({ ...billed.value, tar, asked, files: files.value })
}

function billedPackage(tree: string, manifests: Manifests, name: string): Result<BilledPackage, Refusal> {
  const found = readable(manifests, name)
  if (!found.ok) return found
  const pkg = found.value
  if (!existsSync(join(tree, 'pkg', name, KEY_FILE)))
    return refuse(
      no({ cannot: `tell of ${name}`, why: 'it was not built', remedy: `coolports build ${name}` }),
    )
  const key = presentKey(tree, name)
  if (!key.ok) return key
  const { hash: pkghash, text } = key.value
  if (!text.startsWith(keyText(pkg))) {
    return refuse(
      no({
        cannot: `tell of ${name}`,
        why: 'its manifest is another one than what is there was built from',
        remedy: `coolports build ${name}`,
      }),
    )
  }
  const root = closureOf(manifests, pkg.buildDeps, one => one.runDeps)
  if (!root.ok) return root
  const file = join(tree, 'pkg', name, '.pkg.tar.gz')
  const tar = identityAt(file)
  const { version, release, license, description, homepage } = pkg
  return ok({
    ...{ name, version, release, pkghash, license, description, homepage },
    ...(tar === undefined ? {} : { tar }),
    sources: pkg.sources.map(({ file: name, sha256: digest, urls }) => ({
      file: name,
      sha256: digest,
      urls,
    })),
    patches: pkg.patches.map(patch => billedPatch(tree, pkg, patch)),
    needs: pkg.runDeps,
    builtIn: root.value,
  })
}

function billedPatch(tree: string, pkg: Package, patch: string): BilledPatch {
  const path = `pkg/${pkg.name}/files/${patch}`
  const bytes = readFileSync(join(tree, path))
  const digests = { sha256: sha256(bytes), sha1: sha1(bytes) }
  return isUtf8(bytes)
    ? { path, ...digests, text: bytes.toString('utf8') }
    : { path, ...digests, text: bytes.toString('base64'), encoding: 'base64' }
}

function filesIn(folder: string) {
  const entries = listTree(folder)
  if (!entries.ok) return entries
  return ok(
    entries.value.flatMap((entry): readonly BilledFile[] => {
      const { path } = entry
      if (entry.kind === 'directory') return []
      if (entry.kind === 'symlink') return [{ kind: 'symlink', path, target: entry.target }]
      return [billedFile(path, readFileSync(join(folder, path)))]
    }),
  )
}

const billedFile = (path: string, bytes: Uint8Array): RegularFile => ({
  kind: 'file',
  path,
  sha256: sha256(bytes),
  sha1: sha1(bytes),
})

/** SPDX asks for it, beside a digest that proves something. */
const sha1 = (bytes: Uint8Array): string => createHash('sha1').update(bytes).digest('hex')
