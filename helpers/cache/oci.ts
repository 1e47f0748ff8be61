import { stat } from 'node:fs/promises'
import type { Env } from '../../core/env.ts'
import { ok, type Result, refuse } from '../../core/result.ts'
import { fileStreamDigest } from '../../core/stream-digest.ts'
import { readingFault } from '../../core/system-error.ts'
import { ownCertificates } from '../http/certificates.ts'
import { LIMITS } from '../http/limits.ts'
import { pushArtifact } from '../oci/artifact.ts'
import { type BlobSource, blobOfBytes, blobOfFile } from '../oci/blob-source.ts'
import { type Connected, connect } from '../oci/connect.ts'
import { describeOci, type OciFailure, OciRefusal } from '../oci/failure.ts'
import { EMPTY_CONFIG } from '../oci/manifest.ts'
import { LAYER_GZIP } from '../oci/media-type.ts'
import { type Pushing, pushBlob } from '../oci/push.ts'
import { parseRepository } from '../oci/reference.ts'
import { getManifest, openBlob } from '../oci/registry.ts'
import { Broken, type Failure } from './failure.ts'
import { isCacheFile } from './names.ts'
import type { Fault, Opened, Place, Publisher } from './place.ts'

/**
 * A cache in a repository of a registry: `oci://REGISTRY/REPOSITORY`, or `oci+http://…` for one that speaks
 * plain http and is not this machine. A file is an artifact under a tag of its own name, whose one
 * layer is the file: a name needs no more, and what a tag leads to is replaced as a file is.
 */
export function ociPlace(url: string, env: Env): Result<Place, Fault> {
  const opened = open(url, env)
  if (!opened.ok) return opened
  const { connected, repository } = opened.value
  return ok({
    name: url,
    open: (file, signal) => openFile(connected, repository, file, signal),
    close: () => connected.close(),
  })
}

/** The layer of a package is of the type that images have, so that a registry can share it with them. */
export function ociPublisher(url: string, env: Env): Result<Publisher, Fault> {
  const opened = open(url, env)
  if (!opened.ok) return opened
  const { connected, repository } = opened.value
  const { session } = connected
  const pushing = { session, repository, limits: LIMITS }
  const config = blobOfBytes(EMPTY_CONFIG)
  let pushed: Promise<Result<unknown, OciFailure>> | undefined
  return ok({
    name: url,
    put: async (file, path) => {
      if (!isCacheFile(file)) return refuse({ kind: 'refused', why: 'a cache has no file of this name' })
      pushed ??= pushBlob(config, pushing)
      const there = await pushed
      if (there.ok) return putFile(pushing, file, path)
      pushed = undefined
      return refuse(failureOf(there.error))
    },
    close: () => connected.close(),
  })
}

/** What such an artifact is, for those who look into the registry. */
const FILE_TYPE = 'application/vnd.coolports.cache.file'

function open(
  url: string,
  env: Env,
): Result<{ readonly connected: Connected; readonly repository: string }, Fault> {
  const [, scheme, rest = ''] = /^(oci(?:\+http)?):\/\/(.*)$/s.exec(url) ?? []
  // Those that are kept for the registry are sent; here others could read them, in process lists and logs.
  if (/^[^/]*@/.test(rest)) return refuse('it holds a user name or password: docker login keeps those')
  const parsed = parseRepository(rest.replace(/\/$/, ''))
  if (!parsed.ok) return refuse(`it ${parsed.error}`)
  const certificates = ownCertificates(env)
  if (!certificates.ok) return certificates
  const connected = connect(parsed.value.registry, {
    env,
    insecure: scheme === 'oci+http',
    certificates: certificates.value,
  })
  return connected.ok
    ? ok({ connected: connected.value, repository: parsed.value.name })
    : refuse(`cannot ${connected.error.cannot}: ${connected.error.why}`)
}

async function openFile(
  { session }: Connected,
  repository: string,
  file: string,
  signal: AbortSignal,
): Promise<Result<Opened, Failure>> {
  if (!isCacheFile(file)) return refuse({ kind: 'absent' })
  const asking = session.until(signal)
  const held = await getManifest(asking, repository, { tag: file })
  if (!held.ok) return refuse(failureOf(held.error))
  const { artifactType, layers } = held.value.manifest
  const [layer] = layers
  if (artifactType !== FILE_TYPE || layer === undefined || layers.length > 1)
    return refuse({ kind: 'refused', why: `${file} is a tag of something else` })
  const blob = await openBlob(asking, repository, layer.digest)
  // A tag that leads to nothing is not a file that nobody has put there.
  if (!blob.ok && blob.error.kind === 'absent')
    return refuse({ kind: 'refused', why: describeOci(blob.error) })
  if (!blob.ok) return refuse(failureOf(blob.error))
  return ok({
    bytes: told(blob.value.body, layer.size),
    length: layer.size,
    sha256: layer.digest,
    close: blob.value.drop,
  })
}

/** As many bytes as the manifest says; whose they are, the signed record knows. */
async function* told(body: AsyncIterable<Uint8Array>, total: number): AsyncGenerator<Uint8Array> {
  let have = 0
  try {
    for await (const chunk of body) {
      have += chunk.length
      if (have > total) throw new Broken({ kind: 'lie', why: `more than the ${total} bytes of its manifest` })
      yield chunk
    }
  } catch (error) {
    if (error instanceof OciRefusal && error.failure.kind === 'connection')
      throw new Broken({ kind: 'cut', have, total })
    throw error instanceof OciRefusal ? new Broken(failureOf(error.failure)) : error
  }
  if (have < total) throw new Broken({ kind: 'cut', have, total })
}

/** The config that all files share is there already. */
async function putFile(pushing: Pushing, file: string, path: string): Promise<Result<void, Failure>> {
  try {
    const mediaType = file.endsWith('.tar.gz') ? LAYER_GZIP : 'text/plain'
    const what = { artifactType: FILE_TYPE, mediaType, title: file }
    const put = await pushArtifact(await blobAt(path), what, file, pushing)
    return put.ok ? ok(undefined) : refuse(failureOf(put.error))
  } catch (error) {
    // Of the file; what the registry does is answered.
    return refuse({ kind: 'file', why: readingFault(error) })
  }
}

const blobAt = async (path: string): Promise<BlobSource> =>
  blobOfFile(path, await fileStreamDigest(path), (await stat(path)).size)

function failureOf(failure: OciFailure): Failure {
  switch (failure.kind) {
    case 'absent':
      return { kind: 'absent' }
    case 'status':
      return failure
    case 'connection':
      return { kind: 'unreachable', why: describeOci(failure).replace(/^no answer: /, '') }
    case 'stalled':
      return { kind: 'stalled', have: failure.have, seconds: failure.seconds }
    case 'other bytes':
      return { kind: 'lie', why: describeOci(failure) }
    default:
      return { kind: 'refused', why: describeOci(failure) }
  }
}
