import { type Message, quoted } from '../../core/message.ts'
import { ok, type Result, refuse } from '../../core/result.ts'
import { describe } from '../fetch/failure.ts'
import { LIMITS } from '../fetch/limits.ts'
import { ipfsAsked } from './asked.ts'
import { kubo } from './kubo.ts'
import { sequenceOf } from './name.ts'
import { nameKeyIn } from './name-key.ts'
import { lastNumber, numberPath, writeNumber } from './number.ts'
import { recordsIn } from './record-folder.ts'

export interface Publishing {
  /** `/ipfs/CID` */
  readonly value: string
  readonly keyFile: string
  readonly lifetimeMs: number
  readonly ttlMs: number
  readonly store: string
  readonly env: Readonly<Record<string, string | undefined>>
}

export interface Published {
  readonly name: string
  /** Why the daemon did not take the record, which is in the store all the same. */
  readonly problems: readonly Message[]
}

/** Makes a name mean something, by a record with the next number, which is noted before there is a record of it. */
export async function publish(publishing: Publishing): Promise<Result<Published, Message>> {
  const { value, keyFile, lifetimeMs, ttlMs, store, env } = publishing
  const key = nameKeyIn(keyFile)
  if (!key.ok) return refuse({ cannot: `use the key ${quoted(keyFile)}`, why: key.error })
  const { name, sign } = key.value
  const records = recordsIn(store)
  const before = records.read(name.text)
  const signed = lastNumber(keyFile)
  if (!signed.ok) return refuse(numberFault(keyFile, signed.error))
  // What was signed elsewhere is known beside the key; what came from another machine with this key, from its record.
  const known = [signed.value ?? -1n, (before && sequenceOf(before)) ?? -1n]
  const sequence = known.reduce((most, one) => (one > most ? one : most)) + 1n
  const noted = writeNumber(keyFile, sequence)
  if (!noted.ok) return refuse(numberFault(keyFile, noted.error))
  const record = await sign(value, sequence, lifetimeMs, ttlMs)
  records.write(name.text, record)
  const { daemon: url, problems } = ipfsAsked(env)
  if (url === undefined) return ok({ name: name.text, problems })
  const daemon = kubo(url, LIMITS)
  try {
    const put = await daemon.putRecord(name.text, record, new AbortController().signal)
    if (put.ok) return ok({ name: name.text, problems })
    const why = `${daemon.name} gave ${describe(put.error)}`
    return ok({ name: name.text, problems: [...problems, { cannot: 'publish by the IPFS daemon', why }] })
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
