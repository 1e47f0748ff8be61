import { generateKeyPairSync } from 'node:crypto'
import { readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { base36 } from 'multiformats/bases/base36'
import { CID } from 'multiformats/cid'
import { create } from 'multiformats/hashes/digest'
import { describe, expect, it } from 'vitest'
import { ok, refuse } from '../../../core/result.ts'
import { parseName, type RecordPlace, readRecord } from '../../../helpers/ipfs/name.ts'
import { type NameKey, nameKeyIn } from '../../../helpers/ipfs/name-key.ts'
import { recordsIn } from '../../../helpers/ipfs/record-folder.ts'
import { resolveName } from '../../../helpers/ipfs/resolve.ts'
import { folder, put } from '../fetch/support.ts'

const CIDS = [
  'QmT78zSuBmuS4z925WZfrqQ1qHaJ56DQaTfyMUF7F8ff5o',
  'QmUNLLsPACCz1vLxQVkXqqLX5R1X345qqfHbsf67hvA3Nn',
] as const
const HOUR = 3_600_000

function newKey(): NameKey {
  const key = nameKeyIn(join(folder(), 'keys/one.pem'))
  if (!key.ok) throw new Error(key.error)
  return key.value
}

/** One who gives these bytes whatever is asked. */
const giving = (bytes: Uint8Array | undefined, name = 'g'): RecordPlace => ({
  name,
  record: async () => (bytes ? ok(bytes) : refuse({ kind: 'status', status: 404 })),
})

const resolve = (name: string, places: readonly RecordPlace[], store = folder()) =>
  resolveName(name, { places, seen: recordsIn(store), signal: new AbortController().signal })

const sign = (key: NameKey, cid: string, sequence: number, lifetime = HOUR) =>
  key.sign(`/ipfs/${cid}`, BigInt(sequence), lifetime, 60_000)

describe('resolveName()', () => {
  it('follows a signed record, in any spelling of the name', async () => {
    const key = newKey()
    const record = await sign(key, CIDS[0], 1)
    const resolved = await resolve(key.name.text, [giving(record)])
    expect(resolved.ok && [resolved.value.cid.toString(), resolved.value.ttlMs]).toEqual([CIDS[0], 60_000])
    const peer = parseName('12D3KooWGC6TvWhfapngX6wvJHMYvKpDMXPb3ZnCZ6dMoaMtimQ5')
    expect(peer.ok && parseName(peer.value.text).ok).toBe(true)
  })

  it('asks again after a day, whatever a record says, and where the store keeps none', async () => {
    const key = newKey()
    const record = await key.sign(`/ipfs/${CIDS[0]}`, 1n, 100 * HOUR, 90 * HOUR)
    const noStore = put(join(folder(), 'file'), '')
    expect(await resolve(key.name.text, [giving(record)], noStore)).toMatchObject({
      ok: true,
      value: { ttlMs: 24 * HOUR },
    })
  })

  it('takes the newest of all records that gateways have, and is not held up by one that has none', async () => {
    const key = newKey()
    const [old, fresh] = [await sign(key, CIDS[0], 1), await sign(key, CIDS[1], 2)]
    for (const places of [
      [giving(old), giving(undefined), giving(fresh)],
      [giving(fresh), giving(old)],
    ]) {
      const resolved = await resolve(key.name.text, places)
      expect(resolved.ok && resolved.value.cid.toV0().toString()).toBe(CIDS[1])
    }
    const silent: RecordPlace = { name: 's', record: () => new Promise(() => {}) }
    expect((await resolve(key.name.text, [silent, giving(fresh)])).ok).toBe(true)
  })

  it('waits for a newer record, and for a good one as long as there is none', async () => {
    const key = newKey()
    const [old, fresh] = [await sign(key, CIDS[0], 1), await sign(key, CIDS[1], 2)]
    const late = (ms: number): RecordPlace => ({ name: 'l', record: () => setTimeout(ms, ok(fresh)) })
    for (const places of [
      [giving(old), late(100)],
      [giving(Buffer.from('<html>')), late(800)],
    ]) {
      const resolved = await resolve(key.name.text, places)
      expect(resolved.ok && resolved.value.cid.toV0().toString()).toBe(CIDS[1])
    }
  })

  it('never goes back to a record older than one that was seen', async () => {
    const key = newKey()
    const store = folder()
    const [old, fresh] = [await sign(key, CIDS[0], 1), await sign(key, CIDS[1], 2)]
    await resolve(key.name.text, [giving(fresh)], store)
    const again = await resolve(key.name.text, [giving(old)], store)
    expect(again.ok && again.value.cid.toV0().toString()).toBe(CIDS[1])
    // Even when the newer one does not count any more.
    recordsIn(store).write(key.name.text, await sign(key, CIDS[1], 2, -1000))
    expect(await resolve(key.name.text, [giving(old)], store)).toEqual({
      ok: false,
      error: 'all records that can be had are older than one that was seen (number 2)',
    })
  })

  it('believes the last record without a network, while it counts', async () => {
    const key = newKey()
    const store = folder()
    await resolve(key.name.text, [giving(await sign(key, CIDS[0], 1))], store)
    expect((await resolve(key.name.text, [], store)).ok).toBe(true)
  })

  it('takes the last record where nobody says in time what there is now, and keeps what comes late', async () => {
    const key = newKey()
    const seen = recordsIn(folder())
    const [old, fresh] = [await sign(key, CIDS[0], 1), await sign(key, CIDS[1], 2)]
    let answer = (_: Uint8Array): void => {}
    const late: RecordPlace = {
      name: 'l',
      record: () =>
        new Promise(resolve => {
          answer = bytes => resolve(ok(bytes))
        }),
    }
    const { signal } = new AbortController()
    const ask = () => resolveName(key.name.text, { places: [late], seen, signal, keptAfterMs: 20 })
    // One that counts no more is not taken: then that answer is worth any wait.
    seen.write(key.name.text, await sign(key, CIDS[0], 0, -1000))
    const waiting = ask()
    await setTimeout(100)
    answer(old)
    expect(await waiting).toMatchObject({ ok: true, value: { cid: CID.parse(CIDS[0]) } })
    expect(await ask()).toMatchObject({ ok: true, value: { cid: CID.parse(CIDS[0]) } })
    answer(fresh)
    await expect.poll(() => seen.read(key.name.text)).toEqual(Buffer.from(fresh))
    // Unless somebody has kept a newer one meanwhile.
    await ask()
    const newest = await sign(key, CIDS[1], 4)
    seen.write(key.name.text, newest)
    answer(await sign(key, CIDS[0], 3))
    await setTimeout(100)
    expect(seen.read(key.name.text)).toEqual(Buffer.from(newest))
  })

  it('tells that the last record is over, where nobody has a newer one', async () => {
    const key = newKey()
    const store = folder()
    recordsIn(store).write(key.name.text, await sign(key, CIDS[0], 1, -1000))
    const over =
      /^the store has a record that counted until 2[-\d]+T[:\d]+Z: who owns the name has to publish again; there is nobody/
    expect(await resolve(key.name.text, [], store)).toEqual({ ok: false, error: expect.stringMatching(over) })
  })

  it.each([
    ['expired', (key: NameKey) => sign(key, CIDS[0], 1, -1000), 'a record that counted until 2'],
    ['of another key', () => sign(newKey(), CIDS[0], 1), 'a false record'],
    ['no record', async () => Buffer.from('<html>'), 'a false record'],
    ['empty', async () => new Uint8Array(), 'a false record'],
    [
      'changed by a bit',
      async (key: NameKey) => {
        const record = Buffer.from(await sign(key, CIDS[0], 1))
        const at = record.indexOf('/ipfs/')
        record.writeUInt8(record.readUInt8(at + 8) ^ 1, at + 8)
        return record
      },
      'a false record',
    ],
    [
      'too large',
      async (key: NameKey) => Buffer.concat([await sign(key, CIDS[0], 1), Buffer.alloc(20_000)]),
      'a false record',
    ],
    [
      'a way out',
      (key: NameKey) => key.sign('/etc/passwd', 1n, HOUR, 0),
      'a record that leads to "/etc/passwd"',
    ],
    [
      'a path behind another name',
      (key: NameKey) => key.sign(`/ipns/${key.name.text}/below`, 1n, HOUR, 0),
      'a record that leads to "/ipns/',
    ],
  ])('refuses a record that is %s', async (_what, make, why) => {
    const key = newKey()
    const record = await make(key)
    const told = expect.stringContaining(`g gave ${why}`)
    expect(await resolve(key.name.text, [giving(record)])).toEqual({ ok: false, error: told })
    const honest = giving(await sign(key, CIDS[0], 1), 'honest')
    expect((await resolve(key.name.text, [giving(record), honest])).ok).toBe(true)
  })

  it('follows a name to a name, but not in a circle', async () => {
    const [a, b] = [newKey(), newKey()]
    const records = new Map([
      [a.name.text, await a.sign(`/ipns/${b.name.text}`, 1n, HOUR, 30_000)],
      [b.name.text, await sign(b, CIDS[0], 1)],
    ])
    const place: RecordPlace = { name: 'g', record: async name => ok(records.get(name) ?? Buffer.alloc(0)) }
    expect(await resolve(a.name.text, [place])).toMatchObject({ ok: true, value: { ttlMs: 30_000 } })
    records.set(b.name.text, await b.sign(`/ipns/${a.name.text}`, 2n, HOUR, 0))
    expect(await resolve(a.name.text, [place])).toEqual({
      ok: false,
      error: 'it leads over more than 8 names',
    })
  })

  it.each([
    ['example.org', 'is a DNS name'],
    ['../../x', 'is a DNS name'],
    ['', 'is no IPNS name'],
    [CIDS[0].slice(1), 'is no IPNS name'],
    ['bafybeicg2rebjoofv4kbyovkw7af3rpiitvnl6i7ckcywaq6xjcxnc2mby', 'is no IPNS name'],
    ['1'.repeat(10_000), 'is no IPNS name'],
    [CID.createV1(0x72, create(0, Buffer.from('no key'))).toString(base36), 'is no IPNS name'],
    [CID.createV1(0x72, create(0x12, Buffer.alloc(20))).toString(base36), 'is no IPNS name'],
  ])('refuses the name %j', async (name, why) => {
    const resolved = await resolve(name, [giving(Buffer.alloc(0))])
    expect(resolved.ok ? '' : resolved.error).toContain(why)
  })
})

describe('nameKeyIn()', () => {
  it('makes a key that its owner alone may read, and gives it again', () => {
    const file = join(folder(), 'deep/er/key.pem')
    const [first, second] = [nameKeyIn(file), nameKeyIn(file)]
    expect(first.ok && second.ok && first.value.name.text).toBe(second.ok && second.value.name.text)
    expect(statSync(file).mode & 0o777).toBe(0o600)
    expect(readFileSync(file, 'utf8')).toMatch(/^-----BEGIN PRIVATE KEY-----\n/)
  })

  it('takes no key of another kind, though it may be as long', () => {
    const { privateKey } = generateKeyPairSync('x25519')
    const file = put(join(folder(), 'key.pem'), privateKey.export({ format: 'pem', type: 'pkcs8' }))
    expect(nameKeyIn(file)).toEqual({ ok: false, error: 'it is no ed25519 key' })
  })

  it('does not replace what is no key', () => {
    const file = put(join(folder(), 'key.pem'), 'my notes')
    expect(nameKeyIn(file)).toEqual({ ok: false, error: 'it is no private key in PEM' })
    expect(readFileSync(file, 'utf8')).toBe('my notes')
  })
})

it('readRecord() gives the number of a record', async () => {
  const key = newKey()
  const read = await readRecord(key.name, await sign(key, CIDS[0], 41))
  expect(read.ok && read.value.sequence).toBe(41n)
})
