import { isSha256, type Sha256 } from '../../core/digest.ts'
import { isPackageName, type PackageName } from '../../core/name.ts'
import { ok, type Result, refuse } from '../../core/result.ts'
import { type Part, parseParts } from '../export/parts.ts'
import { readDigest } from '../oci/reference.ts'
import { readProblem } from '../tar/read.ts'
import { type ImageFiles, openJson } from './image-files.ts'
import { fieldOf, listOf, textOf } from './json.ts'

/** A layer of an image: where its bytes are, and what it says that it is. */
export interface ImageLayer {
  /** The path of its file in the layout or the archive. */
  readonly path: string
  /** Of that file, where its name says one. */
  readonly digest?: Sha256
  /** Of its tar: the diffID. */
  readonly tar: Sha256
  /** By its annotations, or else by the config's history; none of what no package is said to be. */
  readonly parts: readonly Part[]
}

/** Whose an entry of a layer is, by where it stands in the tar: the first is 0. */
export function partAt({ parts }: ImageLayer, index: number): Part | undefined {
  let before = 0
  for (const part of parts) {
    before += part.entries
    if (index < before) return part
  }
  return undefined
}

/**
 * The layers of an image, the lowest first: of an OCI image layout, OCI image specification 1.1, or of an archive
 * for `docker load`. Refused with the end of a sentence.
 */
export async function imageLayers(files: ImageFiles): Promise<Result<readonly ImageLayer[], string>> {
  try {
    const index = await openJson(files, 'index.json')
    if (index) return await layoutLayers(files, index.value)
    const manifest = await openJson(files, 'manifest.json')
    return manifest
      ? await archiveLayers(files, manifest.value)
      : refuse('it has neither an index.json nor a manifest.json')
  } catch (error) {
    if (readProblem(error)) return refuse('it is no archive that can be read')
    throw error
  }
}

async function layoutLayers(
  files: ImageFiles,
  index: unknown,
): Promise<Result<readonly ImageLayer[], string>> {
  // What has an artifactType goes with the image: a bill of materials, a signature.
  const first = listOf(fieldOf(index, 'manifests')).find(one => fieldOf(one, 'artifactType') === undefined)
  const manifest = await blob(files, first, 'the manifest')
  if (!manifest.ok) return manifest
  const config = await blob(files, fieldOf(manifest.value, 'config'), 'the config')
  if (!config.ok) return config
  const layers: ImageLayer[] = []
  for (const [index, descriptor] of listOf(fieldOf(manifest.value, 'layers')).entries()) {
    const digest = readDigest(fieldOf(descriptor, 'digest'))
    const tar = diffId(config.value, index)
    if (!digest || !tar) return refuse(`layer ${index + 1} has no sha256`)
    const parts = annotated(fieldOf(descriptor, 'annotations'), tar) ?? fromHistory(config.value, index, tar)
    layers.push({ path: `blobs/sha256/${digest}`, digest, tar, parts })
  }
  return ok(layers)
}

async function archiveLayers(
  files: ImageFiles,
  manifest: unknown,
): Promise<Result<readonly ImageLayer[], string>> {
  const [first] = listOf(manifest)
  const config = await openJson(files, textOf(fieldOf(first, 'Config')) ?? '')
  if (!config) return refuse('it has no config')
  const layers: ImageLayer[] = []
  for (const [index, name] of listOf(fieldOf(first, 'Layers')).entries()) {
    const path = textOf(name)
    const tar = diffId(config.value, index)
    if (path === undefined || !tar) return refuse(`layer ${index + 1} has no name, or no sha256`)
    layers.push({ path, tar, parts: fromHistory(config.value, index, tar) })
  }
  return ok(layers)
}

/** A JSON file by its descriptor, if its bytes are those of the digest. */
async function blob(files: ImageFiles, descriptor: unknown, what: string): Promise<Result<unknown, string>> {
  const digest = readDigest(fieldOf(descriptor, 'digest'))
  if (!digest) return refuse(`${what} has no sha256`)
  const read = await openJson(files, `blobs/sha256/${digest}`)
  if (!read) return refuse(`${what} is missing, or no JSON`)
  return read.digest === digest ? ok(read.value) : refuse(`${what} is not what its sha256 says`)
}

const diffId = (config: unknown, index: number): Sha256 | undefined =>
  readDigest(listOf(fieldOf(fieldOf(config, 'rootfs'), 'diff_ids'))[index])

/** What is no name of a package is none here either: a name becomes a path. */
function annotated(annotations: unknown, tar: Sha256): readonly Part[] | undefined {
  const [packages, name, version, pkghash] = ['packages', 'package', 'version', 'pkghash'].map(one =>
    textOf(fieldOf(annotations, `coolports.${one}`)),
  )
  if (packages !== undefined) return parseParts(packages)
  if (name === undefined || version === undefined || !isPackageName(name)) return undefined
  return [whole(name, version, tar, pkghash)]
}

function fromHistory(config: unknown, index: number, tar: Sha256): readonly Part[] {
  const said = textOf(fieldOf(listOf(fieldOf(config, 'history'))[index], 'created_by')) ?? ''
  const merged = /^coolports merged (.*)$/.exec(said)?.[1]
  if (merged !== undefined) return parseParts(merged) ?? []
  const [, name = '', version] = /^coolports (\S+) (\S+-\d+)$/.exec(said) ?? []
  return isPackageName(name) && version ? [whole(name, version, tar)] : []
}

/** A package that has the layer to itself. */
const whole = (name: PackageName, version: string, tar: Sha256, pkghash = ''): Part => ({
  ...{ name, version, tar, entries: Number.POSITIVE_INFINITY },
  ...(isSha256(pkghash) ? { pkghash } : {}),
})
