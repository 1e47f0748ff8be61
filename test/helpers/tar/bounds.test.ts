import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { entryCheck, inspectTar } from '../../../helpers/tar/inspect.ts'
import { type UnpackOptions, unpackTar } from '../../../helpers/tar/unpack.ts'
import { END, entry, header, pax, paxRecord } from './bytes.ts'
import { folder } from './folder.ts'

async function* pieces(bytes: Buffer, size: number): AsyncGenerator<Uint8Array> {
  for (let from = 0; from < bytes.length; from += size) yield bytes.subarray(from, from + size)
}

/** What comes of an archive; in pieces of several sizes, because a header may be cut anywhere. */
async function outcome(parts: readonly Buffer[], options: UnpackOptions = {}) {
  const bytes = Buffer.concat(parts)
  const sizes = [65536, 512, 100]
  const all = await Promise.all(sizes.map(size => unpackTar(pieces(bytes, size), folder(), options)))
  const [first, ...others] = all
  for (const other of others) expect(other).toEqual(first)
  return first as NonNullable<typeof first>
}

const refusal = async (...parts: readonly Buffer[]) => {
  const result = await outcome([...parts, END])
  return result.ok ? undefined : result.error
}

const GIB = 1024 ** 3

describe('a header that announces more than is held in memory is refused by itself, before its body is read', () => {
  test.each([
    ['a pax header of 4 GiB', 'x', 4 * GIB, 'its pax header has 4294967296 bytes, and 1048576 is the limit'],
    [
      'a pax header of 2^53 - 1 bytes',
      'x',
      2 ** 53 - 1,
      'its pax header has 9007199254740991 bytes, and 1048576 is the limit',
    ],
    [
      'a global pax header of 4 GiB',
      'g',
      4 * GIB,
      'its pax header has 4294967296 bytes, and 1048576 is the limit',
    ],
    ['a long name of 4 MiB', 'L', 4 * 1024 ** 2, 'its long name has 4194304 bytes, and 4096 is the limit'],
    [
      'a long name of the older form',
      'N',
      4 * 1024 ** 2,
      'its long name has 4194304 bytes, and 4096 is the limit',
    ],
    [
      'a pax header of a byte too many',
      'x',
      1024 ** 2 + 1,
      'its pax header has 1048577 bytes, and 1048576 is the limit',
    ],
    ['a long name of a byte too many', 'L', 4097, 'its long name has 4097 bytes, and 4096 is the limit'],
    ['a long link target', 'K', 4 * GIB, 'its long name has 4294967296 bytes, and 4096 is the limit'],
  ])('%s', async (_, type, size, why) => {
    let asked = 0
    async function* endless(): AsyncGenerator<Uint8Array> {
      yield header({ name: 'evil', type, size })
      for (;;) {
        asked += 1
        yield Buffer.alloc(65536, 'x')
      }
    }
    expect(await unpackTar(endless(), folder())).toEqual({
      ok: false,
      error: { kind: 'entry', name: 'evil', why },
    })
    expect(asked).toBe(0)
  })
})

describe('a size is refused that readers could take for different ones', () => {
  test.each<[string, Buffer]>([
    ['below nothing', Buffer.from('ffffffffffffffffffffffff', 'hex')],
    ['above 2^53', Buffer.from('80ffffffffffffffffffffff', 'hex')],
    ['above 2^88', Buffer.from('810000000000000000000004', 'hex')],
    ['with letters', Buffer.from('0000000x010\0')],
    ['with a NUL inside', Buffer.from('0000\x000010 ', 'latin1')],
  ])('%s', async (_, size) => {
    const why = 'its size is no number'
    expect(await refusal(header({ name: 'f', size }))).toEqual({ kind: 'entry', name: 'f', why })
    expect(await refusal(header({ name: 'f', size, type: 'x' }))).toEqual({ kind: 'entry', name: 'f', why })
  })

  test.each(['-1', '0x10', '1e3', '9999999999999999', '', ' 5'])('by a pax header: "%s"', async size => {
    expect(await refusal(pax('p', ['size', size]), entry({ name: 'f' }, 'data'))).toEqual({
      kind: 'entry',
      name: 'f',
      why: 'its pax header gives it a size that is no number',
    })
  })

  test.each([
    ['of a folder', 'd', '5', 'folder'],
    ['of a folder from before POSIX', 'd/', '0', 'folder'],
    ['of a folder without a type', 'd/', '\0', 'folder'],
    ['of a hard link', 'l', '1', 'hard link'],
  ])('%s', async (_, name, type, what) => {
    for (const hidden of [entry({ name: 'hidden' }), entry({ name: 'hidden' }, 'data')]) {
      expect(await refusal(header({ name, type, size: hidden.length }), hidden)).toMatchObject({
        name,
        why: `it is a ${what} with a size`,
      })
    }
  })
})

describe('pax headers and long names', () => {
  test('of more than 1000 records are refused', async () => {
    const records = (count: number) => Array.from({ length: count }, (_, at) => [`k${at}`, 'v'] as const)
    const file = entry({ name: 'f' }, 'data')
    expect(await refusal(pax('p', ...records(1000)), file)).toBeUndefined()
    expect(await refusal(pax('p', ...records(1001)), file)).toEqual({
      kind: 'entry',
      name: 'p',
      why: 'its pax header has more than 1000 records',
    })
  })

  test.each([
    ['a length beyond the header', '99 path=x\n'],
    ['a length that is too short', '5 path=x\n'],
    ['no length', 'path=x\n'],
    ['a negative length', '-9 path=x\n'],
    ['no value', '7 path\n'],
    ['no key', '5 =x\n'],
    ['another end than a newline', '9 path=xy'],
    ['bytes behind the last record', `${paxRecord('path', 'x')}junk`],
    ['digits without end', '1'.repeat(5000)],
  ])('with %s are refused', async (_, body) => {
    const why = 'its pax header is no row of records'
    expect(await refusal(entry({ name: 'p', type: 'x' }, body), entry({ name: 'f' }))).toEqual({
      kind: 'entry',
      name: 'p',
      why,
    })
  })

  test.each(['x', 'g', 'L', 'K'])('that are empty are refused: type %s', async type => {
    expect(await refusal(header({ name: 'p', type }), entry({ name: 'f' }))).toMatchObject({
      name: 'p',
      why: expect.stringMatching(/^its (pax header|long name) is empty$/),
    })
  })

  test('that follow one another without an entry are refused', async () => {
    for (const [type, body] of [
      ['x', paxRecord('path', 'x')],
      ['g', paxRecord('comment', 'x')],
      ['L', 'x\0'],
      ['K', 'x\0'],
    ] as const) {
      const one = entry({ name: 'p', type }, body)
      expect(await refusal(one, one, entry({ name: 'f' }))).toMatchObject({
        name: 'p',
        why: expect.stringMatching(/^it has a second (pax header|long name)$/),
      })
      expect(await refusal(one, entry({ name: 'f' }), one, entry({ name: 'g' }))).not.toMatchObject({
        why: expect.stringMatching(/second/),
      })
    }
  })

  test.each(['path', 'linkpath', 'size'])('that give one %s to all entries are refused', async key => {
    expect(
      await refusal(entry({ name: 'g', type: 'g' }, paxRecord(key, '1')), entry({ name: 'f' })),
    ).toMatchObject({
      name: 'g',
      why: `it gives one "${key}" to all entries`,
    })
  })

  test('with a path that no system opens are refused', async () => {
    for (const key of ['path', 'linkpath']) {
      const long = pax('p', [key, `${'d/'.repeat(2048)}x`])
      expect(await refusal(long, entry({ name: 'f', type: '2', target: 't' }))).toEqual({
        kind: 'entry',
        name: 'p',
        why: 'its name or target is longer than 4096 bytes',
      })
    }
  })

  test('of sparse files are refused, which would be unpacked as something else', async () => {
    const sparse = pax('p', ['GNU.sparse.major', '1'], ['GNU.sparse.name', 'f'])
    expect(await refusal(sparse, entry({ name: 'f' }))).toMatchObject({
      name: 'p',
      why: 'it is a sparse file',
    })
  })

  test.each([
    ['a pax header', (name: string) => pax('p', ['path', name])],
    ['a GNU long name', (name: string) => entry({ name: '././@LongLink', type: 'L' }, `${name}\0`)],
  ])('give an entry its name, whatever its own header holds of it: %s', async (kind, long) => {
    const folders = 'd/'.repeat(50)
    const into = folder()
    const bytes = Buffer.concat([
      ...[long(`${folders}full`), entry({ name: folders }, 'data')],
      ...[long(`${folders}empty`), entry({ name: folders })],
      END,
    ])
    expect(await unpackTar(pieces(bytes, 100), into)).toEqual({ ok: true, value: undefined })
    expect(readFileSync(join(into, folders, 'full'), 'utf8')).toBe('data')
    expect(readFileSync(join(into, folders, 'empty'), 'utf8')).toBe('')
    // Whatever else is said of the entry in between.
    const others = [Buffer.alloc(0), entry({ name: '././@LongLink', type: 'K' }, 'target\0')]
    if (kind !== 'a pax header') others.push(pax('p', ['mtime', '1.5']))
    for (const other of others)
      expect(await refusal(long('f/'), other, entry({ name: 'f' }, 'data'))).toMatchObject({
        why: 'it is a folder with a size',
      })
    // And of that one alone.
    expect(await refusal(long('d/'), entry({ name: 'd' }), entry({ name: 'f' }, 'data'))).toBeUndefined()
  })

  test('of the usual kind give an entry its name, its size and its target', async () => {
    const long = 'n'.repeat(200)
    const into = folder()
    const bytes = Buffer.concat([
      entry({ name: 'pax_global_header', type: 'g' }, paxRecord('comment', 'a commit')),
      pax('p', ['path', `pax-${long}`], ['size', '4'], ['mtime', '1.5']),
      header({ name: 'f', size: 0 }),
      entry({ name: 'x' }, 'data').subarray(512),
      entry({ name: '././@LongLink', type: 'K' }, `${long}\0`),
      entry({ name: '././@LongLink', type: 'L' }, `gnu-${long}\0`),
      header({ name: 'l', type: '2', target: 'short' }),
      END,
    ])
    expect(await unpackTar(pieces(bytes, 100), into)).toEqual({ ok: true, value: undefined })
    expect(readdirSync(into).sort()).toEqual([`gnu-${long}`, `pax-${long}`])
    expect(readFileSync(join(into, `pax-${long}`), 'utf8')).toBe('data')
  })
})

describe('an archive', () => {
  test('that goes on behind its end is refused: others would not show what comes there', async () => {
    const [file, hidden] = [entry({ name: 'f' }, 'data'), entry({ name: 'hidden' }, 'data')]
    expect(await refusal(file, END, hidden)).toEqual({
      kind: 'entry',
      name: 'hidden',
      why: 'it stands behind the end of the archive',
    })
    // It takes two empty blocks in a row to end one.
    const empty = Buffer.alloc(512)
    expect(await refusal(file, empty, hidden, empty, entry({ name: 'g' }))).toBeUndefined()
  })

  test('is read on behind a size that a pax header gave to one entry alone', async () => {
    const all = entry({ name: 'g', type: 'g' }, paxRecord('comment', 'a commit'))
    for (const between of [Buffer.alloc(0), all]) {
      const size = pax('p', ['size', '4'])
      const first = [size, between, header({ name: 'f' }), entry({ name: 'x' }, 'data').subarray(512)]
      expect(await refusal(...first, entry({ name: 'g' }, 'x'.repeat(1000)))).toBeUndefined()
    }
  })

  test('does not end with a header that has no name', async () => {
    expect(await refusal(entry({ name: '' }, 'data'), entry({ name: 'f' }))).toEqual({
      kind: 'entry',
      name: '',
      why: 'it stands for the root of the archive',
    })
  })

  test('is read on behind the body of a symlink, which has none', async () => {
    const into = folder()
    const link = entry({ name: 'l', type: '2', target: 'f' }, 'x'.repeat(300_000))
    const bytes = Buffer.concat([link, entry({ name: 'f' }, 'of f'), END])
    expect(await unpackTar(pieces(bytes, 65536), into)).toEqual({ ok: true, value: undefined })
    expect(readFileSync(join(into, 'l'), 'utf8')).toBe('of f')
  })

  test('that grows by zeros or headers alone ends at its bound', async () => {
    async function* endless(block: Buffer): AsyncGenerator<Uint8Array> {
      for (;;) yield block
    }
    const limit = 1e6
    expect(await unpackTar(endless(Buffer.alloc(65536)), folder(), { maxBytes: limit })).toEqual({
      ok: false,
      error: { kind: 'too large', what: 'bytes', limit },
    })
  })

  test('is refused at the entry that goes beyond its bounds, which is named', async () => {
    const files = ['a', 'b', 'c'].map(name => entry({ name }, 'data'))
    expect(await outcome([...files, END], { maxEntries: 2 })).toEqual({
      ok: false,
      error: { kind: 'too large', what: 'entries', limit: 2, entry: 'c' },
    })
    const bodies = ['a', 'b', 'c'].map(name => entry({ name }, 'x'.repeat(10_000)))
    expect(await outcome([...bodies, END], { maxBytes: 25_000 })).toMatchObject({
      error: { kind: 'too large', what: 'bytes', entry: 'c' },
    })
    const claim = header({ name: 'd', size: 20 * GIB })
    expect(await outcome([...files, claim], { maxBytes: 10 * GIB })).toEqual({
      ok: false,
      error: { kind: 'too large', what: 'bytes', limit: 10 * GIB, entry: 'd' },
    })
  })

  test('may leave out no more folders than it may have entries', async () => {
    const deep = pax('p', ['path', `${'d/'.repeat(200)}x`])
    expect(await outcome([deep, entry({ name: 'f' }), END], { maxEntries: 100 })).toEqual({
      ok: false,
      error: {
        kind: 'entry',
        name: `${'d/'.repeat(200)}x`,
        why: 'it and those before it lie in more than 100 folders',
      },
    })
  })

  test('may not do so either where it is only looked at', async () => {
    const deep = pax('p', ['path', `${'d/'.repeat(200)}x`])
    async function* bytes(): AsyncGenerator<Uint8Array> {
      yield Buffer.concat([deep, entry({ name: 'f' }), END])
    }
    expect(await inspectTar(bytes(), { check: entryCheck(200) })).toEqual({ ok: true })
    expect(await inspectTar(bytes(), { check: entryCheck(100) })).toMatchObject({
      error: { kind: 'entry', why: 'it and those before it lie in more than 100 folders' },
    })
  })

  test('whose names alone would fill the memory is refused', async () => {
    // 70,000 symlinks of 4000 bytes each: 280 MB of names, and no byte of data.
    const target = pax('p', ['linkpath', 't'.repeat(4000)])
    async function* links(): AsyncGenerator<Uint8Array> {
      for (let at = 0; at < 70_000; at++)
        yield Buffer.concat([target, header({ name: 'same', type: '2', target: 'short' })])
    }
    const { readTar, readProblem } = await import('../../../helpers/tar/read.ts')
    let entries = 0
    try {
      for await (const source of readTar(links())) {
        entries += 1
        source.resume()
      }
      expect.unreachable()
    } catch (error) {
      expect(readProblem(error)).toEqual({
        kind: 'too large',
        what: 'bytes of names',
        limit: 268435456,
        entry: 'p',
      })
    }
    expect(entries).toBeGreaterThan(60_000)
  })
})
