import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { sha256 } from '../../../core/digest.ts'
import type { Opened, Place } from '../../../helpers/cache/place.ts'
import { placeOf, publisherOf } from '../../../helpers/cache/schemes.ts'

/** A cache that is really there, for tests to put files into; behind whatever carries it. */
export interface Stand {
  readonly url: string
  /** Puts a file there, whatever it holds. */
  put(file: string, bytes: string | Uint8Array): Promise<void> | void
  remove(file: string): Promise<void> | void
  stop(): Promise<void> | void
}

export interface Transport {
  readonly name: string
  start(): Promise<Stand> | Stand
  /** Whether `publisherOf` its url writes to it. */
  readonly canPublish: boolean
  /** What a user of its places has in the environment, beyond what all have. */
  env?(): Readonly<Record<string, string>>
}

/** What every transport has to do. */
export function placeSuite(transport: Transport): void {
  describe(`a cache in ${transport.name}`, () => {
    let stand: Stand
    let place: Place
    beforeAll(async () => {
      stand = await transport.start()
      const made = await placeOf(stand.url, process.env)
      if (!made.ok) throw new Error(made.error)
      place = made.value
    })
    afterAll(async () => {
      await place?.close()
      await stand?.stop()
    })

    test('is called by its url', () => {
      expect(place.name).toBe(stand.url)
    })

    test('gives the bytes of a package, and their number', async () => {
      const body = Buffer.alloc(3_000_000, 'some bytes of a package. ')
      await stand.put(PACKAGE, body)
      const opened = await must(place)
      expect(opened.length ?? body.length).toBe(body.length)
      expect((await all(opened)).equals(body)).toBe(true)
    })

    test('gives what stands there now, not what stood there before', async () => {
      await stand.put(RECORD, 'first: 1\n')
      expect((await all(await must(place, RECORD))).toString()).toBe('first: 1\n')
      await stand.put(RECORD, 'second: 2\n')
      expect((await all(await must(place, RECORD))).toString()).toBe('second: 2\n')
    })

    test('gives records of several builders under their own names', async () => {
      const other = RECORD.replace('A', 'B')
      await stand.put(RECORD, 'of a: 1\n')
      await stand.put(other, 'of b: 1\n')
      const got = await Promise.all(
        [RECORD, other].map(async file => (await all(await must(place, file))).toString()),
      )
      expect(got).toEqual(['of a: 1\n', 'of b: 1\n'])
    })

    test('says of a file that is not there that it is absent', async () => {
      expect(await place.open(`${sha256('none')}.tar.gz`, never())).toEqual({
        ok: false,
        error: { kind: 'absent' },
      })
    })

    test.each([
      '../../etc/passwd',
      '..',
      '',
      '/etc/passwd',
      `${sha256('x')}.tar.gz/..`,
      `${sha256('x')}.tar.gz?x`,
      'a\nb',
    ])('has no file %j', async name => {
      expect(await place.open(name, never())).toEqual({ ok: false, error: { kind: 'absent' } })
    })

    test('lets go of a file that nobody reads to its end', async () => {
      await stand.put(PACKAGE, Buffer.alloc(3_000_000))
      for (let count = 0; count < 20; count++) {
        const opened = await must(place)
        if (count % 2 === 0) opened.close()
        else for await (const _ of opened.bytes) break
      }
      expect((await all(await must(place))).length).toBe(3_000_000)
    })

    test('gives many files at once', async () => {
      const names = Array.from({ length: 40 }, (_, index) => `${sha256(`many ${index}`)}.tar.gz`)
      for (const name of names) await stand.put(name, name)
      const got = await Promise.all(names.map(async name => (await all(await must(place, name))).toString()))
      expect(got).toEqual(names)
    })

    test('stops when it is told to', async () => {
      await stand.put(PACKAGE, Buffer.alloc(3_000_000))
      const before = AbortSignal.abort()
      expect((await place.open(PACKAGE, before)).ok).toBe(false)
      const controller = new AbortController()
      const opened = await place.open(PACKAGE, controller.signal)
      if (!opened.ok) throw new Error(opened.error.kind)
      controller.abort()
      await all(opened.value).catch(() => {}) // broken off, or already on its way: it ends in any case
    })

    test.runIf(transport.canPublish)('takes what is published, and gives it back', async () => {
      const publisher = await publisherOf(stand.url, process.env)
      if (!publisher.ok) throw new Error(publisher.error)
      const folder = mkdtempSync(join(tmpdir(), 'cache-publish-'))
      try {
        const name = `${sha256('published')}.tar.gz`
        for (const text of ['one', 'two']) {
          writeFileSync(join(folder, 'file'), text)
          expect(await publisher.value.put(name, join(folder, 'file'))).toEqual({ ok: true })
        }
        expect((await publisher.value.put('../x', join(folder, 'file'))).ok).toBe(false)
        await publisher.value.close()
        expect((await all(await must(place, name))).toString()).toBe('two')
      } finally {
        rmSync(folder, { recursive: true })
      }
    })
  })
}

const PACKAGE = `${sha256('a package')}.tar.gz`
const RECORD = `${sha256('a package')}.AAAAAAAAAAAAAAAA.minisig`
/** A signal that is never given. Each question gets one of its own: listeners pile up on a shared one. */
const never = (): AbortSignal => new AbortController().signal

async function must(place: Place, file = PACKAGE): Promise<Opened> {
  const opened = await place.open(file, never())
  if (!opened.ok) throw new Error(`${file}: ${JSON.stringify(opened.error)}`)
  return opened.value
}

async function all({ bytes }: Opened): Promise<Buffer> {
  const chunks: Uint8Array[] = []
  for await (const chunk of bytes) chunks.push(chunk)
  return Buffer.concat(chunks)
}
