import { type Sha256, sha256 } from '../../core/digest.ts'
import { gathered } from '../../core/gathered.ts'
import { isObject } from '../../core/json.ts'

/** What a JSON file holds, of which nothing is known yet, and the sha256 of its bytes. */
export interface BoundedJson {
  readonly value: unknown
  readonly digest: Sha256
}

/** A manifest of a thousand layers is far below. */
const MAX_BYTES = 8 * 1024 ** 2

/** Undefined when it is too long, or no JSON. */
export async function readJson(chunks: AsyncIterable<Uint8Array>): Promise<BoundedJson | undefined> {
  const bytes = await gathered(chunks, MAX_BYTES)
  try {
    return bytes && { value: JSON.parse(bytes.toString('utf8')), digest: sha256(bytes) }
  } catch {
    return undefined
  }
}

/** A field of an object of unknown shape. */
export const fieldOf = (value: unknown, name: string): unknown => (isObject(value) ? value[name] : undefined)

export const listOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : [])

export const textOf = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined)
