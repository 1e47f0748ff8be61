import { type Sha256, sha256 } from '../../core/digest.ts'
import { quoted } from '../../core/message.ts'
import { ok, type Result, refuse } from '../../core/result.ts'
import { type Answer, readSmall } from './answer.ts'
import type { OciFailure } from './failure.ts'
import { MAX_MANIFEST_BYTES, type Manifest, readManifest } from './manifest.ts'
import { DOCKER_MANIFEST, MANIFEST } from './media-type.ts'
import { readDigest } from './reference.ts'
import type { Session } from './session.ts'
import { statusFailure } from './status.ts'

/** A manifest as a registry holds it. */
interface Held {
  readonly manifest: Manifest
  readonly bytes: Buffer
  readonly digest: Sha256
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
  const { status, drop } = asked.value
  if (status !== 200 && status !== 404) return refuse(await statusFailure(asked.value))
  drop()
  return ok(status === 200)
}

/** Opens a blob. Who takes the bytes sees to it that they are those of the digest. */
export async function openBlob(
  session: Session,
  repository: string,
  digest: Sha256,
): Promise<Result<Answer, OciFailure>> {
  const url = session.url(`${repository}/blobs/sha256:${digest}`)
  const asked = await session.ask({ method: 'GET', url, scopes: pull(repository) })
  if (!asked.ok || asked.value.status === 200) return asked
  if (asked.value.status !== 404) return refuse(await statusFailure(asked.value))
  asked.value.drop()
  return refuse({ kind: 'absent', what: `blob sha256:${digest}` })
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
  if (answer.status === 404) {
    answer.drop()
    return refuse({ kind: 'absent', what: quoted(name) })
  }
  if (answer.status !== 200) return refuse(await statusFailure(answer))
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
