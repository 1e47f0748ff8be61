import { createHash } from 'node:crypto'
import type { Sha256 } from '../core/digest.ts'
import { ok, type Result, refuse } from '../core/result.ts'
import { readIdentity } from '../helpers/tar/identity.ts'
import { entryCheck, type Held, inspectTar } from '../helpers/tar/inspect.ts'
import type { TarProblem } from '../helpers/tar/problem.ts'
import { gunzipped } from '../helpers/tar/unpack.ts'

/** Tells all that an archive holds, in its order, and writes nothing anywhere. */
export async function listArchive(
  file: string,
  tell: (held: Held) => void,
): Promise<Result<void, TarProblem>> {
  return inspectTar(gunzipped(file), {
    check: held => {
      tell(held)
      return undefined
    },
  })
}

/**
 * Reads a package to its end and answers with the sha256 of its tar, if that is the one that its
 * header names and if all in it could be unpacked. Nothing is written.
 */
export async function verifyPackage(file: string): Promise<Result<Sha256, TarProblem>> {
  const want = readIdentity(file)
  if (want === undefined) return refuse({ kind: 'unidentified' })
  const hash = createHash('sha256')
  async function* hashed(): AsyncGenerator<Uint8Array> {
    for await (const chunk of gunzipped(file)) {
      hash.update(chunk)
      yield chunk
    }
  }
  const read = await inspectTar(hashed(), { check: entryCheck() })
  if (!read.ok) return read
  const got = hash.digest('hex')
  return got === want ? ok(want) : refuse({ kind: 'digest', want, got })
}
