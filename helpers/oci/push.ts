import { sha256 } from '../../core/digest.ts'
import { ok, type Result, refuse } from '../../core/result.ts'
import type { Limits } from '../http/limits.ts'
import type { BlobSource } from './blob-source.ts'
import { mayPass, type OciFailure } from './failure.ts'
import { MANIFEST } from './media-type.ts'
import { persistently } from './persistence.ts'
import { readDigest } from './reference.ts'
import { hasBlob } from './registry.ts'
import type { Session } from './session.ts'
import { statusFailure } from './status.ts'
import { FINISH_MS, mountOrUpload } from './upload.ts'

export interface Pushing {
  readonly session: Session
  readonly repository: string
  readonly limits: Limits
  /** Repositories of the same registry that may have a blob already: there it is asked to share it. */
  readonly mountFrom?: readonly string[]
}

export type Sent = 'was there' | 'shared' | 'sent'

/**
 * Sees to it that a repository has a blob. What is there is not sent again, and what was cut off goes on
 * where the registry says it stands, as long as it moves on.
 * Source of the protocol: OCI distribution specification 1.1, "Pushing blobs".
 */
export function pushBlob(blob: BlobSource, pushing: Pushing): Promise<Result<Sent, OciFailure>> {
  const { session, repository, limits } = pushing
  const scopes = [`repository:${repository}:pull,push`]
  return persistently(limits, mayPass, async () => {
    const there = await hasBlob(session, repository, blob.digest, scopes)
    if (!there.ok) return there
    return there.value ? ok('was there') : mountOrUpload(blob, pushing, scopes)
  })
}

interface PushedManifest {
  /** Whether the registry tells of this manifest those who ask for what refers to its subject. */
  readonly knowsSubject: boolean
}

/** Gives a manifest a tag, or its digest for a name. Last of all, because a tag must not lead to what is not there. */
export function pushManifest(
  bytes: Buffer,
  name: string,
  { session, repository, limits }: Pushing,
  mediaType = MANIFEST,
): Promise<Result<PushedManifest, OciFailure>> {
  const digest = sha256(bytes)
  const question = {
    method: 'PUT',
    url: session.url(`${repository}/manifests/${name}`),
    scopes: [`repository:${repository}:pull,push`],
    headers: { 'content-type': mediaType },
    body: () => bytes,
    patienceMs: FINISH_MS,
  } as const
  return persistently(limits, mayPass, async () => {
    const asked = await session.ask(question)
    if (!asked.ok) return asked
    if (asked.value.status !== 201) return refuse(await statusFailure(asked.value))
    asked.value.drop()
    const got = readDigest(asked.value.headers['docker-content-digest']) ?? digest
    if (got !== digest) return refuse({ kind: 'other bytes', what: 'the manifest there', want: digest, got })
    return ok({ knowsSubject: asked.value.headers['oci-subject'] !== undefined })
  })
}
