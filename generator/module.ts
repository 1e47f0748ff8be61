import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Sha256, sha256 } from '../core/digest.ts'
import type { Place } from '../core/message.ts'
import { ok, type Result, refuse } from '../core/result.ts'
import { readingFault } from '../core/system-error.ts'
import { type Runnable, readJavaScript } from './javascript.ts'
import { placeAt } from './locate.ts'
import type { Problem } from './problem.ts'
import { hasTypes, withoutTypes, withTypes } from './types.ts'

/** A manifest that can be run. */
export interface Module extends Runnable {
  /** From the root of the tree. */
  readonly path: string
  readonly text: string
  readonly sha256: Sha256
  /** Whether types were taken out of `text` to make `code`, whose places are others then. */
  readonly typed: boolean
}

/**
 * Reads a manifest; undefined when there is none. Nearly all manifests are JavaScript as they stand,
 * and only the others pay for a compiler.
 */
export async function readModule(
  root: string,
  path: string,
): Promise<Result<Module, readonly Problem[]> | undefined> {
  const bytes = readBytes(join(root, path))
  if (!bytes) return undefined
  if (!bytes.ok) return refuse([{ kind: 'file', path, why: bytes.error }])
  const text = bytes.value.toString('utf8')
  const about = { path, text, sha256: sha256(bytes.value) }
  const plain = readJavaScript(text)
  if ('code' in plain && !hasTypes(text)) return ok({ ...about, typed: false, ...plain })

  const stripped = await withoutTypes(path, text)
  if (!stripped.ok) return stripped
  const rest = readJavaScript(stripped.value)
  if ('code' in rest) return ok({ ...about, typed: true, ...rest })
  const at = await withTypes(text, placeAt(path, stripped.value, rest.offset))
  return refuse([{ kind: rest.kind, at, text: rest.why }])
}

/** Leads from a place in the code of a module, where `code` begins in its second line, to where that is written. */
export const writtenPlace = async ({ text, typed }: Module, place: Place): Promise<Place> =>
  typed ? withTypes(text, place) : place

/** Undefined where there is no file; one that is there and cannot be read would be left out without a word. */
function readBytes(path: string): Result<Buffer, string> | undefined {
  try {
    return ok(readFileSync(path))
  } catch (error) {
    const { code = '' } = error as NodeJS.ErrnoException
    return ['ENOENT', 'ENOTDIR', 'EISDIR'].includes(code) ? undefined : refuse(readingFault(error))
  }
}
