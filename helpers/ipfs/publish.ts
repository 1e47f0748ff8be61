import type { Env } from '../../core/env.ts'
import { type Message, quoted } from '../../core/message.ts'
import { ok, type Result, refuse } from '../../core/result.ts'
import { describe } from '../http/failure.ts'
import { LIMITS } from '../http/limits.ts'
import { ipfsAsked } from './asked.ts'
import { kubo } from './kubo.ts'
import { sequenceOf } from './name.ts'
import { nameKeyIn } from './name-key.ts'
import { lastNumber, lockNumber, numberPath, writeNumber } from './number.ts'
import { recordsIn } from './record-folder.ts'

export interface Publishing {
  /** `/ipfs/CID` */
  readonly value: string
  readonly keyFile: string
  readonly lifetimeMs: number
  readonly ttlMs: number
  readonly store: string
  readonly env: Env
}

export interface Published {
  readonly name: string
  /** Why the daemon did not take the record, which is in the store all the same. */
  readonly problems: readonly Message[]
}

/** Makes a name mean something, by a record with the next number. */
export async function publish(publishing: Publishing): Promise<Result<Published, Message>> {
  const lock = await lockNumber(publishing.keyFile)
  if (!lock.ok) return refuse(numberFault(publishing.keyFile, lock.error))
  let signed: Result<Signed, Message>
  try {
    signed = await signNext(publishing)
  } finally {
    lock.value.release()
  }
  return signed.ok ? ok(await handOn(signed.value, publishing)) : signed
}

/** A record that is in the store. */
interface Signed {
  readonly name: string
  readonly record: Uint8Array
}

/** The next number is noted before there is a record of it. */
async function signNext(publishing: Publishing): Promise<Result<Signed, Message>> {
  const { value, keyFile, lifetimeMs, ttlMs, store } = publishing
  const key = nameKeyIn(keyFile)
  if (!key.ok) return refuse({ cannot: `use the key ${quoted(keyFile)}`, why: key.error })
  const { name, sign } = key.value
  const records = recordsIn(store)
  const before = records.read(name.text)
  const last = lastNumber(keyFile)
  if (!last.ok) return refuse(numberFault(keyFile, last.error))
  // What was signed elsewhere is known beside the key; what came from another machine with this key, from its record.
  const known = [last.value ?? -1n, (before && sequenceOf(before)) ?? -1n]
  const sequence = known.reduce((most, one) => (one > most ? one : most)) + 1n
  const noted = writeNumber(keyFile, sequence)
  if (!noted.ok) return refuse(numberFault(keyFile, noted.error))
  const record = await sign(value, sequence, lifetimeMs, ttlMs)
  records.write(name.text, record)
  return ok({ name: name.text, record })
}

/** Gives the record to the daemon, if there is one. */
async function handOn({ name, record }: Signed, { env }: Publishing): Promise<Published> {
  const { daemon: url, problems } = ipfsAsked(env)
  if (url === undefined) return { name, problems }
  const daemon = kubo(url, LIMITS)
  try {
    const put = await daemon.putRecord(name, record, new AbortController().signal)
    if (put.ok) return { name, problems }
    const why = `${daemon.name} gave ${describe(put.error)}`
    return { name, problems: [...problems, { cannot: 'publish by the IPFS daemon', why }] }
  } finally {
    await daemon.close()
  }
}

const numberFault = (keyFile: string, why: string): Message => ({
  cannot: `number the next record by ${quoted(numberPath(keyFile))}`,
  why,
  remedy:
    'it holds the number of the last record that this key has signed; a number that was used is not believed again',
})
