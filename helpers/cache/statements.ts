import { setMaxListeners } from 'node:events'
import type { Sha256 } from '../../core/digest.ts'
import { gathered } from '../../core/gathered.ts'
import { quoted } from '../../core/message.ts'
import { ok, type Result, refuse } from '../../core/result.ts'
import { Broken, type Failure } from './failure.ts'
import { recordName } from './names.ts'
import type { Place } from './place.ts'
import type { Statement } from './quorum.ts'
import { isExpired } from './record.ts'
import { MAX_SIGNED_BYTES, verifyRecord } from './signed-record.ts'
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
  const { key } = trusted
  const read = await readSmall(place, recordName(hash, key.id), MAX_SIGNED_BYTES, signal)
  if (!read.ok) {
    const { error } = read
    return error.kind === 'absent' ? ok(error.status === undefined ? {} : { status: error.status }) : read
  }
  const file = read.value
  if (PAGE.test(file)) return refuse({ kind: 'refused', why: 'a web page in place of a record' })
  if (file.startsWith(GZIP)) return refuse({ kind: 'refused', why: ZIPPED })
  const lie = (why: string) =>
    refuse({ kind: 'lie', why: `the record of builder ${key.id}: ${why}` } as const)
  const record = verifyRecord(key, file)
  if (!record.ok) return lie(record.error)
  if (record.value.hash !== hash) return lie('it is that of another package')
  if (record.value.builder !== key.id) return lie('it names another builder')
  return ok({ record: record.value, trusted, file })
}

/** As of a network that wants a login first. Whatever it is called by its server: a signature does not begin so. */
const PAGE = /^\s*<(?:!doctype|html|head)\b/i

/** How gzip's first two bytes are read as text. Some servers compress on the way although they are asked not to. */
const GZIP = '\x1f\ufffd'
const ZIPPED = 'a record that was compressed on the way (Content-Encoding), which was not asked for'

/** The place says nothing of this builder. */
interface Miss {
  readonly status?: number
}

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
