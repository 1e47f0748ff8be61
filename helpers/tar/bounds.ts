import { quoted } from '../../core/message.ts'
import {
  BLOCK_BYTES,
  GNU_LONG,
  GNU_LONG_TARGET,
  isFolder,
  isHardLink,
  PAX,
  PAX_GLOBAL,
  readHeader,
  type TarHeader,
  text,
} from './header.ts'
import { type PaxRecords, readPax } from './pax.ts'
import { TarRefusal } from './problem.ts'

/** What an archive may grow to; the defaults are far above any package and below any disk. */
export interface Bounds {
  /** Of the tar, headers and padding included. */
  readonly maxBytes?: number
  readonly maxEntries?: number
}

const MAX_BYTES = 64 * 1024 ** 3
export const MAX_ENTRIES = 2_000_000

/** Of all names and link targets in an archive: whoever unpacks it keeps them in memory. */
const MAX_NAME_BYTES = 256 * 1024 ** 2

/** Linux opens no longer path. */
const MAX_PATH_BYTES = 4096

const MAX_PAX_BYTES = 1024 ** 2

/**
 * Hands the bytes of a tar archive on, a chunk only after all headers that it completes were found
 * to be within bounds. tar-stream, which comes next, holds the body of a pax header or a GNU long
 * name in memory, up to 4 MiB each, and leaves their number and the length of paths to us. What is
 * too large is refused by its header alone, before a byte of its body is read.
 */
export async function* bounded(
  chunks: AsyncIterable<Uint8Array>,
  bounds: Bounds = {},
): AsyncGenerator<Uint8Array> {
  const scan = new Scan(bounds)
  for await (const chunk of chunks) {
    scan.read(chunk)
    yield chunk
  }
}

class Scan {
  readonly #maxBytes: number
  readonly #maxEntries: number
  #bytes = 0
  #entries = 0
  #nameBytes = 0
  /** In a row. */
  #emptyBlocks = 0
  /** Bytes of a body that need not be looked at, or of padding. */
  #skip = 0
  /** What is being gathered: a header, or the body behind `#long`. */
  #gathered: Buffer = Buffer.alloc(BLOCK_BYTES)
  #got = 0
  /** The header whose body is being gathered. */
  #long: TarHeader | undefined
  /** The headers that say more about the next entry, by type: one of each. */
  readonly #before = new Set<string>()
  #pax: PaxRecords | undefined
  /** The next entry's, of which its header may hold a part alone. */
  #longName: string | undefined

  constructor({ maxBytes = MAX_BYTES, maxEntries = MAX_ENTRIES }: Bounds) {
    this.#maxBytes = maxBytes
    this.#maxEntries = maxEntries
  }

  read(chunk: Uint8Array): void {
    for (let at = 0; at < chunk.length; ) {
      const skipped = Math.min(this.#skip, chunk.length - at)
      this.#skip -= skipped
      this.#pass(skipped)
      at += skipped
      const part = chunk.subarray(at, at + this.#gathered.length - this.#got)
      this.#gathered.set(part, this.#got)
      this.#got += part.length
      this.#pass(part.length)
      at += part.length
      if (this.#got === this.#gathered.length) this.#complete()
    }
  }

  #pass(bytes: number): void {
    this.#bytes += bytes
    if (this.#bytes > this.#maxBytes) throw tooLarge('bytes', this.#maxBytes)
  }

  #complete(): void {
    const block = this.#gathered
    const long = this.#long
    this.#long = undefined
    this.#gather(BLOCK_BYTES)
    if (long !== undefined) {
      this.#longBody(long, block)
      return
    }
    const header = readHeader(block)
    if (header === undefined) {
      this.#emptyBlocks += 1
      return
    }
    // Two empty blocks are the end, to GNU tar and others, which would not show what comes then.
    if (this.#emptyBlocks >= 2) throw refused(header.name, 'it stands behind the end of the archive')
    this.#emptyBlocks = 0
    if (header.type === PAX || header.type === PAX_GLOBAL || GNU_LONG.includes(header.type))
      this.#longHeader(header)
    else this.#entry(header)
  }

  #gather(bytes: number): void {
    this.#gathered = Buffer.alloc(bytes)
    this.#got = 0
  }

  #longHeader(header: TarHeader): void {
    const { name, type, size } = header
    const pax = type === PAX || type === PAX_GLOBAL
    const what = pax ? 'pax header' : 'long name'
    const limit = pax ? MAX_PAX_BYTES : MAX_PATH_BYTES
    if (size > limit) throw refused(name, `its ${what} has ${size} bytes, and ${limit} is the limit`)
    // Endless ones would never come to an entry that could be counted.
    if (this.#before.has(type)) throw refused(name, `it has a second ${what}`)
    this.#before.add(type)
    // tar-stream would take the padding of a later entry for its body.
    if (size === 0) throw refused(name, `its ${what} is empty`)
    this.#long = header
    this.#gather(size)
  }

  #longBody({ name, type, size }: TarHeader, body: Buffer): void {
    this.#skip = padding(size)
    this.#countName(name, size)
    if (type !== GNU_LONG_TARGET && GNU_LONG.includes(type)) this.#longName = text(body, 0, size)
    if (GNU_LONG.includes(type)) return
    const records = readPax(body)
    if (!records.ok) throw refused(name, records.error)
    for (const [key, value] of records.value) {
      if (type === PAX_GLOBAL && ['path', 'linkpath', 'size'].includes(key))
        throw refused(name, `it gives one ${quoted(key)} to all entries`)
      if (key.startsWith('GNU.sparse.')) throw refused(name, 'it is a sparse file')
      if ((key === 'path' || key === 'linkpath') && Buffer.byteLength(value) > MAX_PATH_BYTES)
        throw refused(name, `its name or target is longer than ${MAX_PATH_BYTES} bytes`)
    }
    if (type !== PAX) return
    this.#pax = records.value
    this.#longName = records.value.get('path') || this.#longName
  }

  #entry(header: TarHeader): void {
    const { name } = header
    const size = paxSize(header, this.#pax)
    const whole = { ...header, name: this.#longName || name }
    this.#pax = undefined
    this.#longName = undefined
    this.#before.clear()
    this.#entries += 1
    if (this.#entries > this.#maxEntries) throw tooLarge('entries', this.#maxEntries, name)
    this.#countName(name, header.nameBytes)
    // tar-stream takes what follows a folder's header for the next header.
    if (isFolder(whole) && size > 0) throw refused(name, 'it is a folder with a size')
    // tar-stream takes what follows for its body, GNU tar for the next header, as old tars meant it.
    if (isHardLink(whole) && size > 0) throw refused(name, 'it is a hard link with a size')
    if (this.#bytes + size > this.#maxBytes) throw tooLarge('bytes', this.#maxBytes, name)
    this.#skip = size + padding(size)
  }

  #countName(name: string, bytes: number): void {
    this.#nameBytes += bytes
    if (this.#nameBytes > MAX_NAME_BYTES) throw tooLarge('bytes of names', MAX_NAME_BYTES, name)
  }
}

/** The size of a body, which a pax header may say in place of the entry's own. */
function paxSize({ name, size }: TarHeader, pax: PaxRecords | undefined): number {
  const said = pax?.get('size')
  if (said === undefined) return size
  if (!/^\d{1,15}$/.test(said)) throw refused(name, 'its pax header gives it a size that is no number')
  return Number(said)
}

const padding = (size: number): number => (BLOCK_BYTES - (size % BLOCK_BYTES)) % BLOCK_BYTES

const refused = (name: string, why: string): TarRefusal => new TarRefusal({ kind: 'entry', name, why })

const tooLarge = (what: string, limit: number, entry?: string): TarRefusal =>
  new TarRefusal({ kind: 'too large', what, limit, ...(entry === undefined ? {} : { entry }) })
