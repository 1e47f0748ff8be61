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

  test('knows a path that nobody told of', () => {
    expect(cause('\0/build-a/x.c\0', '\0/build-b/x.c\0').kind).toBe('path')
  })

  test('says when it does not know', () => {
    expect(cause('\x01\x02\x03', '\x01\x02\x04').kind).toBe('unknown')
  })
})
