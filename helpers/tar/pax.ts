import { ok, type Result, refuse } from '../../core/result.ts'

/** The most records that a pax header may have; tar writes about ten. */
const MAX_RECORDS = 1000

export type PaxRecords = ReadonlyMap<string, string>

/**
 * The records of a pax header, each `LENGTH KEY=VALUE\n` with the length of the whole record in
 * bytes (POSIX, pax, "pax Extended Header"). Refused unless they fill the header to its last byte.
 */
export function readPax(body: Buffer): Result<PaxRecords, string> {
  const records = new Map<string, string>()
  for (let at = 0, count = 1; at < body.length; count++) {
    if (count > MAX_RECORDS) return refuse(`its pax header has more than ${MAX_RECORDS} records`)
    const length = /^([1-9]\d{0,7}) /.exec(body.toString('latin1', at, at + 9))?.[1] ?? ''
    const end = at + Number(length)
    const record = body.subarray(at + length.length + 1, end - 1)
    const equals = record.indexOf('=')
    if (length === '' || end > body.length || body[end - 1] !== 0x0a || equals < 1)
      return refuse('its pax header is no row of records')
    records.set(record.toString('utf8', 0, equals), record.toString('utf8', equals + 1))
    at = end
  }
  return ok(records)
}
