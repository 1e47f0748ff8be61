import { createHash } from 'node:crypto'
import { type Sha256, sha256 } from '../../core/digest.ts'
import { quoted } from '../../core/message.ts'
import { ok, type Result, refuse } from '../../core/result.ts'
import { type OciFailure, OciRefusal, shortOf, thrownFailure, tooLarge } from './failure.ts'
import { MAX_MANIFEST_BYTES, type Manifest, readManifest } from './manifest.ts'
import { DOCKER_MANIFEST, MANIFEST } from './media-type.ts'
import { readDigest } from './reference.ts'
import { type Answer, readSmall, type Session } from './session.ts'

/** A manifest as a registry holds it. */
export interface Held {
  readonly manifest: Manifest
  readonly bytes: Buffer
  readonly digest: Sha256
}

/** A blob on its way. */
export interface Blob {
  /** What it says it has to send. */
  readonly size?: number
  /** Not verified yet. */
  readonly body: AsyncIterable<Uint8Array>
  drop(): void
}

export const pull = (repository: string): readonly string[] => [`repository:${repository}:pull`]

/** Whether a repository has a blob. */
export async function hasBlob(
  session: Session,
  repository: string,
  digest: Sha256,
  scopes: readonly string[] = pull(repository),
): Promise<Result<boolean, OciFailure>> {
  const url = session.url(`${repository}/blobs/sha256:${digest}`)
  const asked = await session.ask({ method: 'HEAD', url, scopes })
  if (!asked.ok) return asked
  asked.value.drop()
  if (asked.value.status === 200) return ok(true)
  return asked.value.status === 404 ? ok(false) : refuse(statusFailure(asked.value))
}

/** Opens a blob. Who takes the bytes sees to it that they are those of the digest. */
export async function openBlob(
  session: Session,
  repository: string,
  digest: Sha256,
): Promise<Result<Blob, OciFailure>> {
  const url = session.url(`${repository}/blobs/sha256:${digest}`)
  const asked = await session.ask({ method: 'GET', url, scopes: pull(repository) })
  if (!asked.ok) return asked
  const answer = asked.value
  if (answer.status !== 200) {
    answer.drop()
    return refuse(
      answer.status === 404 ? { kind: 'absent', what: `blob sha256:${digest}` } : statusFailure(answer),
    )
  }
  const length = answer.headers['content-length']
  const size = typeof length === 'string' && /^\d{1,15}$/.test(length) ? { size: Number(length) } : {}
  return ok({ ...size, body: answer.body, drop: answer.drop })
}

/** A blob that fits into memory, verified. */
export async function readBlob(
  session: Session,
  repository: string,
  { digest, size }: { readonly digest: Sha256; readonly size: number },
): Promise<Result<Buffer, OciFailure>> {
  const opened = await openBlob(session, repository, digest)
  if (!opened.ok) return opened
  try {
    const chunks: Uint8Array[] = []
    for await (const chunk of verified(opened.value, { digest, size })) chunks.push(chunk)
    return ok(Buffer.concat(chunks))
  } catch (error) {
    return refuse(thrownFailure(error))
  }
}

/** The bytes of a blob. Throws an OciRefusal, at the latest after the last, if they are not those that are wanted. */
export async function* verified(
  blob: Blob,
  { digest, size }: { readonly digest: Sha256; readonly size: number },
): AsyncGenerator<Uint8Array> {
  if (blob.size !== undefined && blob.size !== size) {
    blob.drop()
    throw new OciRefusal({ kind: 'size', want: size, got: blob.size })
  }
  const hash = createHash('sha256')
  let have = 0
  for await (const chunk of blob.body) {
    have += chunk.length
    if (have > size) throw new OciRefusal(tooLarge(size))
    hash.update(chunk)
    yield chunk
  }
  if (have < size) throw new OciRefusal(shortOf(have, size))
  const got = hash.digest('hex')
  if (got !== digest) throw new OciRefusal({ kind: 'other bytes', what: 'a blob', want: digest, got })
}

/** The manifest of a tag, or of a digest, which it then has. */
export async function getManifest(
  session: Session,
  repository: string,
  reference: { readonly tag?: string; readonly digest?: Sha256 },
): Promise<Result<Held, OciFailure>> {
  const name = reference.digest === undefined ? (reference.tag ?? 'latest') : `sha256:${reference.digest}`
  const asked = await session.ask({
    method: 'GET',
    url: session.url(`${repository}/manifests/${name}`),
    scopes: pull(repository),
    headers: { accept: `${MANIFEST}, ${DOCKER_MANIFEST}` },
  })
  if (!asked.ok) return asked
  const answer = asked.value
  if (answer.status !== 200) {
    answer.drop()
    return refuse(answer.status === 404 ? { kind: 'absent', what: quoted(name) } : statusFailure(answer))
  }
  const bytes = await readSmall(answer, MAX_MANIFEST_BYTES)
  if (!bytes.ok) return bytes
  const digest = sha256(bytes.value)
  const want = reference.digest ?? readDigest(answer.headers['docker-content-digest']) ?? digest
  if (digest !== want) return refuse({ kind: 'other bytes', what: 'the manifest', want, got: digest })
  const manifest = readManifest(bytes.value)
  if (!manifest.ok)
    return refuse({ kind: 'answer', why: `the manifest of ${quoted(name)}: ${manifest.error}` })
  return ok({ manifest: manifest.value, bytes: bytes.value, digest })
}

/** An answer that is neither yes nor no. */
export function statusFailure({ status, headers }: Answer): OciFailure {
  if (status === 401 || status === 403)
    return {
      kind: 'unauthorized',
      why: `HTTP ${status}: it does not allow this to whom the docker config names`,
    }
  const seconds = /^\d{1,4}$/.test(String(headers['retry-after']))
    ? Number(headers['retry-after'])
    : undefined
  return { kind: 'status', status, ...(seconds === undefined ? {} : { retryAfterMs: seconds * 1000 }) }
}
