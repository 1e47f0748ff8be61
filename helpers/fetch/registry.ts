import type { Sha256 } from '../../core/digest.ts'
import type { Env } from '../../core/env.ts'
import { ok, type Result, refuse } from '../../core/result.ts'
import type { Network } from '../http/download.ts'
import type { Failure } from '../http/failure.ts'
import type { Answer } from '../oci/answer.ts'
import { findCredentials } from '../oci/credentials.ts'
import { describeOci, isRegistrys, type OciFailure, OciRefusal } from '../oci/failure.ts'
import { parseReference } from '../oci/reference.ts'
import { hasBlob, pull } from '../oci/registry.ts'
import { Session } from '../oci/session.ts'

/** What a place answers, before anything of the body is read. */
export interface Reply {
  readonly statusCode: number
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  readonly body: AsyncIterable<Uint8Array>
  drop(): void
}

interface Asking extends Network {
  readonly signal: AbortSignal
  /** For the passwords of registries. */
  readonly env: Env
}

/** Asks a registry for the blob that `oci://REGISTRY/REPOSITORY@sha256:DIGEST` names: a source, by its digest. */
export async function askRegistry(
  url: string,
  headers: Readonly<Record<string, string>>,
  asking: Asking,
): Promise<Result<Reply, Failure>> {
  const blob = blobOf(url, asking)
  if (!blob.ok) return refuse({ kind: 'file', why: blob.error })
  const { session, name, digest } = blob.value
  const asked = await session.ask({
    method: 'GET',
    url: session.url(`${name}/blobs/sha256:${digest}`),
    scopes: pull(name),
    headers,
    patienceMs: FOR_EVER,
  })
  return asked.ok ? ok(reply(asked.value)) : refuse(told(asked.error))
}

/** Why a registry does not have such a blob now; undefined where it has it. Nothing is fetched. */
export async function registryFault(url: string, asking: Asking): Promise<string | undefined> {
  const blob = blobOf(url, asking)
  if (!blob.ok) return blob.error
  const { session, name, digest } = blob.value
  const has = await hasBlob(session, name, digest)
  if (!has.ok) return describeOci(has.error)
  return has.value ? undefined : 'it does not have it'
}

function blobOf(
  url: string,
  { dispatcher, limits, signal, env }: Asking,
): Result<{ readonly session: Session; readonly name: string; readonly digest: Sha256 }, string> {
  const reference = parseReference(url.replace(/^oci:\/\//, ''))
  if (!reference.ok) return refuse(`its reference ${reference.error}`)
  const { registry, name, digest } = reference.value
  if (digest === undefined) return refuse('its reference has no digest')
  const credentials = (host: string, signal?: AbortSignal) => findCredentials(host, env, signal)
  return ok({ session: new Session(registry, { dispatcher, limits, signal, credentials }), name, digest })
}

/** Who asks has a watch of his own. */
const FOR_EVER = 2 ** 31 - 1

const reply = ({ status, headers, body, drop }: Answer): Reply => ({
  statusCode: status,
  headers,
  body: plain(body),
  drop,
})

/** A connection that breaks looks as it does with any server. */
async function* plain(body: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  try {
    yield* body
  } catch (error) {
    if (!(error instanceof OciRefusal) || error.failure.kind !== 'connection') throw error
    throw Object.assign(new Error(error.failure.detail), { code: error.failure.code })
  }
}

const told = (failure: OciFailure): Failure =>
  isRegistrys(failure) ? { kind: 'file', why: describeOci(failure) } : failure
