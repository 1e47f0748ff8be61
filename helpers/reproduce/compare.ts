import { byCodeUnit } from '../../core/order.ts'
import { readTar, type Source } from '../tar/read.ts'
import { gunzipped } from '../tar/unpack.ts'
import { type Cause, likelyCause } from './cause.ts'
import { firstDifference } from './first-difference.ts'
import type { Variation } from './variation.ts'

/** In what two packages differ at one path. */
export type Difference =
  | { readonly kind: 'only here'; readonly path: string }
  | { readonly kind: 'only there'; readonly path: string }
  /** Kind, mode, or what a link leads to: as text. */
  | { readonly kind: 'header'; readonly path: string; readonly here: string; readonly there: string }
  | {
      readonly kind: 'content'
      readonly path: string
      /** Of the first byte that differs. */
      readonly offset: number
      /** What stands there: up to 16 bytes from it on, fewer at the end of the file. */
      readonly here: Uint8Array
      readonly there: Uint8Array
      readonly cause: Cause
    }

/**
 * Compares two package files entry by entry, in the order in which packages have them. Each was
 * verified before. Of one entry at a time both contents are in memory. `variations` tells in what the
 * two builds are known to have differed.
 */
export async function* comparePackages(
  here: string,
  there: string,
  variations: readonly Variation[],
): AsyncGenerator<Difference> {
  const ours = readTar(gunzipped(here))
  const theirs = readTar(gunzipped(there))
  let a = await nextEntry(ours)
  let b = await nextEntry(theirs)
  while (a !== undefined || b !== undefined) {
    const order = a === undefined ? 1 : b === undefined ? -1 : byCodeUnit(a.path, b.path)
    if (a !== undefined && order < 0) {
      yield { kind: 'only here', path: a.path }
      a = await nextEntry(ours)
    } else if (b !== undefined && order > 0) {
      yield { kind: 'only there', path: b.path }
      b = await nextEntry(theirs)
    } else if (a !== undefined && b !== undefined) {
      const found = compareEntries(a, b, variations)
      if (found) yield found
      a = await nextEntry(ours)
      b = await nextEntry(theirs)
    }
  }
}

interface Held {
  readonly path: string
  readonly header: string
  readonly content: Buffer
}

async function nextEntry(archive: AsyncGenerator<Source>): Promise<Held | undefined> {
  const { value: source } = await archive.next()
  if (source === undefined) return undefined
  const { name, type, mode = 0, linkname } = (source as Source).header
  const chunks: Uint8Array[] = []
  for await (const chunk of source as AsyncIterable<Uint8Array>) chunks.push(chunk)
  const link = linkname ? ` to ${linkname}` : ''
  return {
    path: name.replace(/\/$/, ''),
    header: `${type} ${mode.toString(8)}${link}`,
    content: Buffer.concat(chunks),
  }
}

function compareEntries(a: Held, b: Held, variations: readonly Variation[]): Difference | undefined {
  if (a.header !== b.header) return { kind: 'header', path: a.path, here: a.header, there: b.header }
  const offset = firstDifference(a.content, b.content)
  if (offset === undefined) return undefined
  return {
    kind: 'content',
    path: a.path,
    offset,
    here: a.content.subarray(offset, offset + 16),
    there: b.content.subarray(offset, offset + 16),
    cause: likelyCause(a.content, b.content, offset, variations),
  }
}
