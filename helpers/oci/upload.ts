import { setTimeout as sleep } from 'node:timers/promises'
import { quoted } from '../../core/message.ts'
import { ok, type Result, refuse } from '../../core/result.ts'
import type { Answer } from './answer.ts'
import type { BlobSource } from './blob-source.ts'
import { mayPass, type OciFailure } from './failure.ts'
import { pauseMs } from './persistence.ts'
import type { Pushing, Sent } from './push.ts'
import { readDigest } from './reference.ts'
import type { Session } from './session.ts'
import { statusFailure } from './status.ts'

/** Has a repository share the blob with another, or sends it. */
export async function mountOrUpload(
  blob: BlobSource,
  pushing: Pushing,
  scopes: readonly string[],
): Promise<Result<Sent, OciFailure>> {
  const { session, repository } = pushing
  for (const from of pushing.mountFrom ?? []) {
    const asked = await begin(session, repository, `?mount=sha256:${blob.digest}&from=${from}`, [
      ...scopes,
      `repository:${from}:pull`,
    ])
    // Who may not read there sends the blob.
    if (!asked.ok && asked.error.kind === 'unauthorized') continue
    if (!asked.ok) return asked
    asked.value.drop()
    if (asked.value.status === 201) return ok('shared')
    // 202: it has no such blob. The upload that was begun in its place is left: the next one may have it.
  }
  const asked = await begin(session, repository, '', scopes)
  if (!asked.ok) return asked
  if (asked.value.status !== 202) return refuse(await statusFailure(asked.value))
  asked.value.drop()
  const location = uploadUrl(session, asked.value)
  return location.ok ? send(blob, location.value, pushing, scopes) : location
}

const begin = (
  session: Session,
  repository: string,
  query: string,
  scopes: readonly string[],
): Promise<Result<Answer, OciFailure>> =>
  session.ask({
    method: 'POST',
    url: session.url(`${repository}/blobs/uploads/${query}`),
    scopes,
    headers: { 'content-length': '0' },
  })

/** In pieces of this size a long blob is sent; a cut costs one of them. */
const PIECE_BYTES = 64 * 1024 ** 2

/** A registry reads all of a blob again before it says yes. */
export const FINISH_MS = 10 * 60 * 1000

async function send(
  blob: BlobSource,
  start: URL,
  pushing: Pushing,
  scopes: readonly string[],
): Promise<Result<Sent, OciFailure>> {
  if (blob.size <= PIECE_BYTES) return finish(blob, start, 0, pushing.session, scopes)
  let url = start
  let have = 0
  let furthest = 0
  let attempt = 1
  while (have < blob.size) {
    const piece = await sendPiece(blob, url, have, pushing.session, scopes)
    if (piece.ok) {
      url = piece.value
      have = Math.min(have + PIECE_BYTES, blob.size)
      // Only what is further than ever counts, or a registry that forgets would be sent to for ever.
      if (have > furthest) attempt = 1
      furthest = Math.max(furthest, have)
      continue
    }
    if (attempt >= pushing.limits.attempts || !mayPass(piece.error)) return piece
    await sleep(pauseMs(attempt, piece.error, pushing.limits))
    attempt += 1
    const stand = await uploadStand(url, pushing.session, scopes)
    if (!stand.ok) return stand
    url = stand.value.url
    have = Math.min(stand.value.have, blob.size)
  }
  return finish(blob, url, have, pushing.session, scopes)
}

async function sendPiece(
  blob: BlobSource,
  url: URL,
  from: number,
  session: Session,
  scopes: readonly string[],
): Promise<Result<URL, OciFailure>> {
  const to = Math.min(from + PIECE_BYTES, blob.size)
  const asked = await session.ask({
    method: 'PATCH',
    url,
    scopes,
    headers: {
      'content-type': 'application/octet-stream',
      'content-length': `${to - from}`,
      'content-range': `${from}-${to - 1}`,
    },
    body: () => blob.read(from, to),
    patienceMs: FINISH_MS,
  })
  if (!asked.ok) return asked
  if (asked.value.status !== 202) return refuse(await statusFailure(asked.value))
  asked.value.drop()
  return uploadUrl(session, asked.value)
}

/** Sends what is missing, and closes the upload. */
async function finish(
  blob: BlobSource,
  location: URL,
  from: number,
  session: Session,
  scopes: readonly string[],
): Promise<Result<Sent, OciFailure>> {
  const url = new URL(location)
  url.searchParams.set('digest', `sha256:${blob.digest}`)
  const left = blob.size - from
  const asked = await session.ask({
    method: 'PUT',
    url,
    scopes,
    headers: { 'content-type': 'application/octet-stream', 'content-length': `${left}` },
    ...(left === 0 ? {} : { body: () => blob.read(from, blob.size) }),
    patienceMs: FINISH_MS,
  })
  if (!asked.ok) return asked
  if (asked.value.status !== 201) return refuse(await statusFailure(asked.value))
  asked.value.drop()
  const got = readDigest(asked.value.headers['docker-content-digest']) ?? blob.digest
  if (got !== blob.digest)
    return refuse({ kind: 'other bytes', what: 'the blob there', want: blob.digest, got })
  return ok('sent')
}

/** How much of an upload arrived, and where it goes on. */
async function uploadStand(
  url: URL,
  session: Session,
  scopes: readonly string[],
): Promise<Result<{ readonly url: URL; readonly have: number }, OciFailure>> {
  const asked = await session.ask({ method: 'GET', url, scopes })
  if (!asked.ok) return asked
  if (asked.value.status !== 204) return refuse(await statusFailure(asked.value))
  asked.value.drop()
  const location = uploadUrl(session, asked.value)
  if (!location.ok) return location
  const last = /^(?:bytes=)?0-(\d{1,15})$/.exec(String(asked.value.headers.range))?.[1]
  // 0-0 is one byte, or none: then the registry refuses what comes next, and the blob is begun anew.
  return ok({ url: location.value, have: last === undefined || last === '0' ? 0 : Number(last) + 1 })
}

/** Where the registry wants the next bytes. Some keep them elsewhere; nobody may have them led to where others read along. */
function uploadUrl(session: Session, { headers }: Answer): Result<URL, OciFailure> {
  const { location } = headers
  const base = session.url('')
  if (typeof location !== 'string' || !URL.canParse(location, base.href))
    return refuse({ kind: 'answer', why: 'an upload that leads nowhere' })
  const url = new URL(location, base.href)
  if (url.origin === base.origin && url.username === '') return ok(url)
  return url.protocol === 'https:' && url.username === ''
    ? ok(url)
    : refuse({ kind: 'redirect', why: `of an upload, to ${quoted(url.href)}` })
}
