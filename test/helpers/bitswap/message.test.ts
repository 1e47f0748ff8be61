import { CID } from 'multiformats/cid'
import { create } from 'multiformats/hashes/digest'
import { describe, expect, it } from 'vitest'
import { framesOf } from '../../../helpers/bitswap/frames.ts'
import { formatMessage, framed, parseMessage } from '../../../helpers/bitswap/message.ts'

const cid = CID.parse('QmT78zSuBmuS4z925WZfrqQ1qHaJ56DQaTfyMUF7F8ff5o')
const raw = CID.parse('bafkreifzjut3te7nhyekklss27nh3k72ysco7y32koao5eei66wof36n5e')

/** As another writer would put it: fields of bytes, in hexadecimal. */
const hex = (text: string): Uint8Array => Buffer.from(text.replace(/\s/g, ''), 'hex')

describe('a message', () => {
  it('is read as it was written', () => {
    const wants = [
      { cid, cancel: false, presence: true, sayAbsent: true },
      { cid: raw, cancel: true, presence: false, sayAbsent: false },
    ]
    const presences = [
      { cid, has: true },
      { cid: raw, has: false },
    ]
    const bytes = Buffer.alloc(1000, 7)
    const read = parseMessage(formatMessage({ wants, presences, blocks: [{ cid, bytes }] }))
    expect(read).toEqual({ wants, presences, blocks: [bytes], full: false })
  })

  it('is the one of the specification, byte for byte', () => {
    const entry = `0a22 ${Buffer.from(cid.bytes).toString('hex')} 1001 1800 2000 2801`
    expect(
      Buffer.from(formatMessage({ wants: [{ cid, cancel: false, presence: false, sayAbsent: true }] })),
    ).toEqual(Buffer.from(hex(`0a2e 0a2c ${entry}`)))
    expect(Buffer.from(formatMessage({ blocks: [{ cid: raw, bytes: hex('ff') }] }))).toEqual(
      Buffer.from(hex('1a09 0a04 01551220 1201ff')),
    )
  })

  it('may say more than is known here, and less', () => {
    // A wantlist that is full, a block of version 1.0.0, pending bytes, -1, a field of the year 3000.
    const text = '0a021001 1201ff 2805 50ffffffffffffffffff01 a2060101'
    expect(parseMessage(hex(text))).toEqual({ wants: [], full: true, blocks: [], presences: [] })
    expect(parseMessage(hex(''))).toEqual({ wants: [], full: false, blocks: [], presences: [] })
  })

  it.each([
    ['a field that is cut', '0a05 00'],
    ['a block that is cut', '1a05 1203ff'],
    ['a number that is cut', '28ff'],
    ['a number without end', `28${'ff'.repeat(20)}`],
    ['a kind of field that is none', '0b'],
    ['a number in place of a wantlist', '0801'],
  ])('is none with %s', (_, text) => {
    expect(parseMessage(hex(text))).toBeUndefined()
  })

  it('names no blocks by what is no CID, or one that holds a whole block', () => {
    const long = CID.createV1(0x55, create(0, new Uint8Array(10_000)))
    const want = (of: CID) => ({ cid: of, cancel: false, presence: false, sayAbsent: true })
    expect(parseMessage(formatMessage({ wants: [want(long), want(cid)] }))?.wants).toEqual([want(cid)])
    expect(parseMessage(formatMessage({ presences: [{ cid: long, has: true }] }))?.presences).toEqual([])
    expect(parseMessage(hex('0a04 0a02 0a00'))?.wants).toEqual([])
  })
})

describe('messages in a stream', () => {
  const messages = [hex(''), hex('01'), new Uint8Array(300).fill(2), new Uint8Array(70_000).fill(3)]

  async function read(chunks: readonly Uint8Array[], most = 100_000): Promise<readonly (number | string)[]> {
    const found: (number | string)[] = []
    const stream = (async function* () {
      yield* chunks
    })()
    for await (const frame of framesOf(stream, most))
      found.push(frame.ok ? frame.value.length : frame.error.kind)
    return found
  }

  it.each([1, 2, 3, 127, 65_536, 1_000_000])('are the same in pieces of %i bytes', async size => {
    const bytes = Buffer.concat(messages.map(framed))
    const pieces: Uint8Array[] = []
    for (let at = 0; at < bytes.length; at += size) pieces.push(bytes.subarray(at, at + size))
    expect(await read(pieces)).toEqual(messages.map(({ length }) => length))
  })

  it('end where one is longer than is taken, before it is there', async () => {
    expect(await read([Buffer.concat(messages.map(framed))], 69_999)).toEqual([0, 1, 300, 'endless'])
    expect(await read([hex('01'), hex('00'), hex('80 80 80 80'), hex('80 80 80 80 80 80')])).toEqual([
      1,
      'endless',
    ])
    expect(await read([hex('05 00')])).toEqual([])
  })
})
