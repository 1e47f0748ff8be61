import { setMaxListeners } from 'node:events'
import { setTimeout } from 'node:timers/promises'
import type { Sha256 } from '../../core/digest.ts'
import { gathered } from '../../core/gathered.ts'
import { quoted } from '../../core/message.ts'
import { ok, type Result, refuse } from '../../core/result.ts'
import { Broken, type Failure } from './failure.ts'
import { verifyText } from './minisign.ts'
import { recordName, signatureName } from './names.ts'
import type { Place } from './place.ts'
import type { Statement } from './quorum.ts'
import { isExpired, MAX_RECORD_BYTES, readRecord } from './record.ts'
import type { TrustedKey } from './trust.ts'

/** What a place has of the trusted builders about one package. */
interface Answer {
  readonly statements: readonly Statement[]
  /** Those that were true once. */
  readonly expired: readonly Statement[]
  /** By which files were said to be absent, where that may mean something else. */
  readonly status?: number
}

/**
 * Asks a place what the trusted builders say about a package. One word of it that is not true, and
 * nothing of it is believed.
 */
export async function askPlace(
  place: Place,
  hash: Sha256,
  keys: readonly TrustedKey[],
  today: string,
  signal: AbortSignal,
): Promise<Result<Answer, Failure>> {
  // Each file that is asked for listens, of which node would warn the user.
  setMaxListeners(0, signal)
  const answers = await Promise.all(
    keys.map(trusted => statementOf(place, hash, trusted, signal).catch(ofTransport)),
  )
  const failure = answers.find(answer => !answer.ok)
  if (failure && !failure.ok) return failure
  const heard = answers.flatMap(answer => (answer.ok ? [answer.value] : []))
  const all = heard.flatMap(one => ('record' in one ? [one] : []))
  const status = heard.flatMap(one => ('record' in one ? [] : (one.status ?? [])))[0]
  return ok({
    statements: all.filter(({ record }) => !isExpired(record, today)),
    expired: all.filter(({ record }) => isExpired(record, today)),
    ...(status === undefined ? {} : { status }),
  })
}

/** A transport that breaks is a place that fails, and no end of a build. */
const ofTransport = (error: unknown): Result<never, Failure> =>
  refuse({ kind: 'refused', why: quoted(error instanceof Error ? error.message : String(error)) })

async function statementOf(
  place: Place,
  hash: Sha256,
  trusted: TrustedKey,
  signal: AbortSignal,
): Promise<Result<Statement | Miss, Failure>> {
  const first = await pairOf(place, hash, trusted, signal)
  if (!first.ok) return first
  if (!('text' in first.value)) return ok(first.value)
  if (PAGE.test(first.value.text)) return refuse({ kind: 'refused', why: 'a web page in place of a record' })
  const judged = judgePair(first.value, hash, trusted)
  if (judged.ok) return judged
  // Who renews a record replaces one file after the other, and we may have come in between.
  await setTimeout(RENEWAL_MS)
  const now = await pairOf(place, hash, trusted, signal)
  if (!now.ok) return now
  if (!('text' in now.value)) return ok(now.value)
  const { text, signature } = first.value
  const isSame = now.value.text === text && now.value.signature === signature
  return isSame ? judged : judgePair(now.value, hash, trusted)
}

/** As of a network that wants a login first. Whatever it is called by its server: a record does not begin so. */
const PAGE = /^\s*<(?:!doctype|html|head)\b/i

/** Two renames, on a disk that may be far away; little beside the time that a cache has for its answer. */
const RENEWAL_MS = 200

/** The place says nothing of this builder. */
interface Miss {
  readonly status?: number
}

interface Pair {
  readonly text: string
  readonly signature: string
}

/** A record and its signature. One without the other is being published just now, or will never be; it says nothing yet. */
async function pairOf(
  place: Place,
  hash: Sha256,
  { key }: TrustedKey,
  signal: AbortSignal,
): Promise<Result<Pair | Miss, Failure>> {
  const [text, signature] = await Promise.all([
    readSmall(place, recordName(hash, key.id), MAX_RECORD_BYTES, signal),
    readSmall(place, signatureName(hash, key.id), MAX_SIGNATURE_BYTES, signal),
  ])
  let status: number | undefined
  for (const part of [text, signature]) {
    if (part.ok) continue
    if (part.error.kind !== 'absent') return refuse(part.error)
    status ??= part.error.status
  }
  if (text.ok && signature.ok) return ok({ text: text.value, signature: signature.value })
  return ok(status === undefined ? {} : { status })
}

function judgePair({ text, signature }: Pair, hash: Sha256, trusted: TrustedKey): Result<Statement, Failure> {
  const { key } = trusted
  const lie = (why: string) =>
    refuse({ kind: 'lie', why: `the record of builder ${key.id}: ${why}` } as const)
  const verified = verifyText(key, text, signature)
  if (!verified.ok) return lie(verified.error)
  const record = readRecord(text)
  if (!record.ok) return lie(record.error)
  if (record.value.hash !== hash) return lie('it is that of another package')
  if (record.value.builder !== key.id) return lie('it names another builder')
  return ok({ record: record.value, trusted, text, signature })
}

/** A signature has four lines, of which one may be a comment of any length; ours is short. */
const MAX_SIGNATURE_BYTES = 4096

async function readSmall(
  place: Place,
  file: string,
  limit: number,
  signal: AbortSignal,
): Promise<Result<string, Failure>> {
  const opened = await place.open(file, signal)
  if (!opened.ok) return opened
  let bytes: Buffer | undefined
  try {
    bytes = await gathered(opened.value.bytes, limit)
  } catch (error) {
    if (error instanceof Broken) return refuse(error.failure)
    throw error
  }
  if (!bytes) return refuse({ kind: 'lie', why: `${file} is longer than ${limit} bytes` })
  const total = opened.value.length
  if (total !== undefined && total !== bytes.length) return refuse({ kind: 'cut', have: bytes.length, total })
  return ok(bytes.toString())
}
