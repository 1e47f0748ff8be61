import { existsSync } from 'node:fs'
import { normalize } from 'node:path'
import type { Sha256 } from '../../core/digest.ts'
import { quoted } from '../../core/message.ts'
import { ok, type Result, refuse } from '../../core/result.ts'
import { storeRoot } from '../../core/store.ts'
import type { ImageFiles } from '../../helpers/whence/image-files.ts'
import { command, jsonOption } from '../command.ts'
import { complain, json, no, print, type Refusal, shown, trouble } from '../output.ts'
import { paint } from '../paint.ts'
import { complainOfRoot } from '../root.ts'

/** Whose a path is, by the database of a root or the layers of an image. */
interface Origin {
  readonly name: string
  /** VERSION-RELEASE. */
  readonly version: string
  readonly pkghash: Sha256 | undefined
  readonly tar: Sha256
  /** The sha256 of a file, as its package has it. */
  readonly sha256: Sha256 | undefined
  /** Whether it is no longer as its package has it. */
  readonly changed: boolean
  /** Whether nothing is there any longer. */
  readonly missing: boolean
}

/**
 * JSON: `{ path, package, version, pkghash, tar, sha256, changed, missing, sources, patches, builders }`, where
 * - `pkghash` and `sha256` (of the file) are null where they are not known
 * - `sources`: list of `{ file, sha256, urls }`, `patches`: list of `{ file, sha256 }`; null where the key is not at hand
 * - `builders`: list of the keys that signed it; empty where no signed record is at hand
 */
export const whence = command({
  usage: 'whence <where> <path>',
  about: 'Tell where a path of a root or an image comes from: package, sources, patches, digests, builder',
  details:
    'WHERE is the folder of an installed root, an OCI image layout or an archive of one, or an archive for docker load; what is read of an image is compared with its digests. Exit status: 0 told, 1 no package has it, 2 trouble.',
  examples: [
    ['coolports whence /srv/root /bin/make', 'an installed root'],
    ['coolports whence make.oci /bin/make --json', 'an image'],
  ],
  options: yargs =>
    jsonOption(yargs)
      .positional('where', { type: 'string', demandOption: true, describe: 'a root, or an image' })
      .positional('path', { type: 'string', demandOption: true, describe: 'a path from its root' }),
  run: async args => {
    const path = normalize(`/${args.path}`).replace(/^\/+|\/+$/g, '')
    if (!existsSync(args.where))
      return complain(
        trouble({ cannot: `read ${quoted(args.where)}`, why: 'there is no such file or folder' }),
      )
    const { imageFiles } = await import('../../helpers/whence/image-files.ts')
    const files = imageFiles(args.where)
    const origin = files ? await inImage(args.tree, args.where, files, path) : await inRoot(args.where, path)
    if (typeof origin === 'number') return origin
    if (!origin.ok) return complain(origin.error)
    const told = await traced(args.tree, path, origin.value)
    if (args.json) print(json(told))
    else for (const line of page(told)) print(line)
    return 0
  },
})

async function inRoot(root: string, path: string): Promise<Result<Origin, Refusal> | number> {
  const [{ readRoot }, { ownersOf }, { factOf }, { isAsRecorded }] = await Promise.all([
    import('../../helpers/install/database.ts'),
    import('../../helpers/install/owner.ts'),
    import('../../helpers/install/survey.ts'),
    import('../../helpers/install/plan.ts'),
  ])
  const read = readRoot<Origin | undefined>(root, ({ packages }, folders) => {
    const [owner] = ownersOf(packages, path)
    if (!owner || owner.entry.kind === 'folder') return ok(undefined)
    const { package: one, entry } = owner
    const fact = factOf(folders, path)
    return ok({
      name: one.name,
      version: `${one.version}-${one.release}`,
      pkghash: one.hash,
      tar: one.tar,
      sha256: entry.kind === 'file' ? entry.sha256 : undefined,
      changed: !isAsRecorded(fact, entry),
      missing: fact.kind === 'absent',
    })
  })
  if (!read.ok) return complainOfRoot('read', read.error)
  return read.value ? ok(read.value) : refuse(nobodys(path))
}

async function inImage(
  tree: string,
  where: string,
  files: ImageFiles,
  path: string,
): Promise<Result<Origin, Refusal>> {
  const [{ imageLayers, partAt }, { lookInLayer }, { hashOfTar }] = await Promise.all([
    import('../../helpers/whence/image-layers.ts'),
    import('../../helpers/whence/in-layer.ts'),
    import('../../helpers/whence/known.ts'),
  ])
  const cannot = (why: string): Result<Origin, Refusal> =>
    refuse(trouble({ cannot: `read the image ${quoted(where)}`, why }))
  const layers = await imageLayers(files)
  if (!layers.ok) return cannot(layers.error)
  for (const layer of [...layers.value].reverse()) {
    const look = await lookInLayer(files, layer, path)
    if (!look.ok) return cannot(look.error)
    const { found, hides } = look.value
    // What a lower layer has there is hidden by it.
    if (found?.kind === 'folder') break
    if (found) {
      const part = partAt(layer, found.index)
      if (!part) return refuse(nobodys(path))
      const { name, version, tar } = part
      const pkghash = part.pkghash ?? hashOfTar(tree, name, tar)
      const sha256 = found.kind === 'file' ? found.sha256 : undefined
      return ok({ name, version, pkghash, tar, sha256, changed: false, missing: false })
    }
    if (hides) break
  }
  return refuse(nobodys(path))
}

const nobodys = (path: string): Refusal =>
  no({
    cannot: `tell where ${quoted(`/${path}`)} comes from`,
    why: 'no package has a file or a symlink there',
  })

async function traced(tree: string, path: string, origin: Origin) {
  const [{ knownBuilders, knownKey }, { patchesIn }] = await Promise.all([
    import('../../helpers/whence/known.ts'),
    import('../../helpers/whence/patches.ts'),
  ])
  const { name, version, pkghash, tar, sha256, changed, missing } = origin
  const store = storeRoot(process.env, tree)
  const key = pkghash === undefined ? undefined : knownKey(tree, store, name, pkghash)
  const urls = key === undefined ? new Map<Sha256, readonly string[]>() : await urlsOf(tree, name)
  return {
    path: `/${path}`,
    package: name,
    version,
    pkghash: pkghash ?? null,
    tar,
    sha256: sha256 ?? null,
    changed,
    missing,
    sources: key?.sources.map(one => ({ ...one, urls: urls.get(one.sha256) ?? [] })) ?? null,
    patches: key ? patchesIn(key).map(({ path: file, sha256 }) => ({ sha256, file })) : null,
    builders: pkghash === undefined ? [] : knownBuilders(store, pkghash),
  }
}

/** Where the manifest of a tree has sources from, by sha256. The tree need not have the package any longer. */
async function urlsOf(tree: string, name: string): Promise<ReadonlyMap<Sha256, readonly string[]>> {
  if (!existsSync(`${tree}/pkg/${name}/package.ts`)) return new Map()
  const { readPackages } = await import('../../generator/read.ts')
  const { packages } = await readPackages(tree, [name])
  return new Map(packages.get(name)?.sources.map(source => [source.sha256, source.urls]))
}

const GONE = '  (not there any longer)'
const CHANGED = '  (changed since it was installed)'

function page(told: Awaited<ReturnType<typeof traced>>): readonly string[] {
  const { sources, patches, builders } = told
  const field = (label: string, value: string): string => `${paint.dim(label.padEnd(8))} ${value}`
  const unknown = 'not known: its key is neither in the store nor in the tree'
  return [
    field('path', `${shown(told.path)}${told.missing ? GONE : told.changed ? CHANGED : ''}`),
    ...(told.sha256 === null ? [] : [field('sha256', told.sha256)]),
    field('package', `${shown(told.package)} ${shown(told.version)}`),
    field('pkghash', told.pkghash ?? 'not known'),
    field('tar', told.tar),
    ...(sources === null
      ? [field('source', unknown)]
      : sources.flatMap(({ file, sha256, urls }) => [
          field('source', `${sha256}  ${shown(file)}`),
          ...urls.map(url => field('', `  ${shown(url)}`)),
        ])),
    ...(patches ?? []).map(({ file, sha256 }) => field('patch', `${sha256}  ${shown(file)}`)),
    ...(builders.length === 0
      ? [field('builder', 'not known: there is no signed record of it in the store')]
      : builders.map(one => field('builder', one))),
  ]
}
