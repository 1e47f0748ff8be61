import type { Sha256 } from '../../core/digest.ts'
import { isObject } from '../../core/json.ts'
import { quoted } from '../../core/message.ts'
import { ok, type Result, refuse } from '../../core/result.ts'
import { readSmall } from './answer.ts'
import type { OciFailure } from './failure.ts'
import { type Descriptor, MAX_MANIFEST_BYTES, written } from './manifest.ts'
import { DOCKER_MANIFEST, INDEX, MANIFEST } from './media-type.ts'
import { type Pushing, pushManifest } from './push.ts'
import { pull } from './registry.ts'
import type { Session } from './session.ts'
import { statusFailure } from './status.ts'

/**
 * Pushes the manifest of an artifact that names a subject, and sees to it that those who ask for what refers
 * to the subject are told: a registry that does so by itself says so; in others there is a list under a tag.
 * Source of the protocol: OCI distribution specification 1.1, "Pushing Manifests with Subject".
 */
export async function pushReferrer(
  manifest: Buffer,
  descriptor: Descriptor,
  subject: Sha256,
  pushing: Pushing,
): Promise<Result<void, OciFailure>> {
  const put = await pushManifest(manifest, `sha256:${descriptor.digest}`, pushing)
  if (!put.ok) return put
  return put.value.knowsSubject ? ok(undefined) : list(descriptor, subject, pushing)
}

/** Of two who change the list at once one may be lost; pushed again it is there. */
async function list(
  descriptor: Descriptor,
  subject: Sha256,
  pushing: Pushing,
): Promise<Result<void, OciFailure>> {
  const tag = `sha256-${subject}`
  const read = await readIndex(pushing.session, pushing.repository, tag)
  if (!read.ok) return read
  const { manifests, ...rest } = read.value
  const one = written(descriptor)
  if (manifests.some(({ digest }) => digest === one.digest)) return ok(undefined)
  const index = { schemaVersion: 2, mediaType: INDEX, ...rest, manifests: [...manifests, one] }
  const put = await pushManifest(Buffer.from(JSON.stringify(index)), tag, pushing, INDEX)
  return put.ok ? ok(undefined) : put
}

/** What of a list has to be kept: all of it. */
interface Index {
  readonly manifests: readonly { readonly digest?: unknown }[]
}

/** The list under a tag; an empty one where there is none. */
async function readIndex(
  session: Session,
  repository: string,
  tag: string,
): Promise<Result<Index, OciFailure>> {
  const asked = await session.ask({
    method: 'GET',
    url: session.url(`${repository}/manifests/${tag}`),
    scopes: pull(repository),
    // Of what is not asked for some registries say that it is not there.
    headers: { accept: `${INDEX}, ${MANIFEST}, ${DOCKER_MANIFEST}` },
  })
  if (!asked.ok) return asked
  const answer = asked.value
  if (answer.status === 404) {
    answer.drop()
    return ok({ manifests: [] })
  }
  if (answer.status !== 200) return refuse(await statusFailure(answer))
  const bytes = await readSmall(answer, MAX_MANIFEST_BYTES)
  if (!bytes.ok) return bytes
  const index = indexIn(bytes.value)
  return index ? ok(index) : refuse({ kind: 'answer', why: `${quoted(tag)} is no list of what refers to it` })
}

function indexIn(bytes: Buffer): Index | undefined {
  try {
    const data = JSON.parse(bytes.toString('utf8')) as Partial<Index> & { readonly mediaType?: unknown }
    const isList = Array.isArray(data?.manifests) && data.manifests.every(isObject)
    return isList && (data.mediaType ?? INDEX) === INDEX ? (data as Index) : undefined
  } catch {
    return undefined
  }
}
