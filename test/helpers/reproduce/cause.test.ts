import { gzipSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { likelyCause } from '../../../helpers/reproduce/cause.ts'

const at = (here: Buffer, there: Buffer): number => here.findIndex((byte, index) => byte !== there[index])

const cause = (here: Buffer | string, there: Buffer | string, variations = []) => {
  const [a, b] = [Buffer.from(here as string), Buffer.from(there as string)]
  return likelyCause(a, b, at(a, b), variations)
}

const elf = (id: string): Buffer =>
  Buffer.concat([
    Buffer.alloc(64, 7),
    Buffer.from('\x14\0\0\0\x03\0\0\0GNU\0', 'latin1'),
    Buffer.from(id),
    Buffer.alloc(9),
  ])

const seconds = (value: number): Buffer => {
  const bytes = Buffer.alloc(12, 0x90)
  bytes.writeUInt32LE(value, 4)
  return bytes
}

const member = (name: string, body: string): string =>
  `${name.padEnd(16)}${'0'.padEnd(12)}${'0'.padEnd(6)}${'0'.padEnd(6)}${'644'.padEnd(8)}${String(body.length).padEnd(10)}\`\n${body}${body.length % 2 ? '\n' : ''}`

describe('likelyCause', () => {
  test('knows the values that were made different', () => {
    const variations = [{ what: 'path of the checkout', here: '/srv/one', there: '/home/two' }]
    const [here, there] = [Buffer.from('\0in /srv/one/x.c\0'), Buffer.from('\0in /home/two/x.c\0')]
    expect(likelyCause(here, there, 5, variations)).toEqual({
      kind: 'variation',
      what: 'path of the checkout',
    })
  })

  test('does not blame a value that both have, or that is too short to mean anything', () => {
    const variations = [
      { what: 'user', here: 'root', there: 'guest' },
      { what: 'jobs', here: '2', there: '1' },
    ]
    expect(likelyCause(Buffer.from('root 2 a'), Buffer.from('root 1 b'), 5, variations).kind).toBe('unknown')
  })

  test('knows a build id', () => {
    expect(cause(elf('0123456789abcdef'), elf('0123456789abcdeX')).kind).toBe('build id')
  })

  test('knows dates and times in text', () => {
    expect(cause('v1 (Jan  2 2026)', 'v1 (Mar  7 2026)').kind).toBe('time stamp')
    expect(cause('built 2026-01-02', 'built 2026-01-03').kind).toBe('time stamp')
    expect(cause('at 12:00:01', 'at 12:00:05').kind).toBe('time stamp')
  })

  test('knows times in seconds, and in the head of a gzip file', () => {
    expect(cause(seconds(1_790_000_000), seconds(1_790_000_777)).kind).toBe('time stamp')
    const gzip = (time: number): Buffer => Buffer.from([0x1f, 0x8b, 8, 0, time, 0, 0, 0, 0, 3, 1, 2, 3])
    expect(cause(gzip(7), gzip(9)).kind).toBe('time stamp')
  })

  test('does not take every number for a time', () => {
    expect(cause(seconds(1_500_000_000), seconds(1_900_000_000)).kind).toBe('unknown')
  })

  test('knows the same lines, and the same members of an archive, in another order', () => {
    expect(cause('one\ntwo\nthree\n', 'two\none\nthree\n').kind).toBe('order')
    const [a, b] = [member('a.o/', 'code of a\n`\n'), member('b.o/', 'code of b')]
    expect(cause(`!<arch>\n${a}${b}`, `!<arch>\n${b}${a}`).kind).toBe('order')
  })

  test('knows the order of an archive with a list of symbols, and of words on one line', () => {
    const archive = (order: readonly string[]): string =>
      `!<arch>\n${member('/', order.join('\0'))}${member('//', order.map(name => `long-${name}/\n`).join(''))}${order.map((name, index) => member(`/${index * 8}`, `code of ${name}`)).join('')}`
    expect(cause(archive(['a', 'b']), archive(['b', 'a'])).kind).toBe('order')
    expect(cause('OBJS = a.o b.o c.o\n', 'OBJS = c.o a.o b.o\n').kind).toBe('order')
  })

  test('takes lines in another order for that, though they have dates', () => {
    expect(cause('2026-01-02 b\n2026-01-01 a\n', '2026-01-01 a\n2026-01-02 b\n').kind).toBe('order')
  })

  test('does not take an archive for another order whose list of symbols alone differs', () => {
    const archive = (symbols: string): string => `!<arch>\n${member('/', symbols)}${member('a.o/', 'code')}`
    expect(cause(archive('\x01\x02'), archive('\x02\x01')).kind).toBe('unknown')
  })

  test('knows seconds that are written as a number: decimal, and octal as in a tar', () => {
    expect(cause('built at 1795365131\n', 'built at 1826987537\n').kind).toBe('time stamp')
    expect(cause('0\x0015300614414\x010257', '0\x0015471317422\x010256').kind).toBe('time stamp')
    expect(cause('serial 1795365131', 'serial 9826987537').kind).toBe('unknown')
  })

  test('looks beyond a build id, which is made of the rest', () => {
    const [here, there] = [elf('0123456789abcdef'), elf('fedcba9876543210')]
    const date = (text: string): Buffer => Buffer.from(`\0built ${text}\0`)
    expect(
      cause(Buffer.concat([here, date('12:00:01')]), Buffer.concat([there, date('13:10:02')])).kind,
    ).toBe('time stamp')
    expect(cause(Buffer.concat([here, date('same')]), Buffer.concat([there, date('same')])).kind).toBe(
      'build id',
    )
  })

  test('looks into gzip files', () => {
    const page = (date: string): Buffer => gzipSync(`.TH make 1 "${date}"\n`)
    expect(cause(page('2026-11-22'), page('2027-11-23')).kind).toBe('time stamp')
    const damaged = (last: number): Buffer => Buffer.from([0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3, last])
    expect(cause(damaged(1), damaged(2)).kind).toBe('unknown')
  })

  test('knows a path that nobody told of', () => {
    expect(cause('\0/build-a/x.c\0', '\0/build-b/x.c\0').kind).toBe('path')
  })

  test('says when it does not know', () => {
    expect(cause('\x01\x02\x03', '\x01\x02\x04').kind).toBe('unknown')
  })
})
