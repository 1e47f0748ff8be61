import { createHash } from 'node:crypto'
import type { Sha256 } from '../../core/digest.ts'
import { ok, type Result, refuse } from '../../core/result.ts'
import { hashed } from '../../core/stream-digest.ts'
import { readIdentity } from './identity.ts'
import { entryCheck, inspectTar } from './inspect.ts'
import type { TarProblem } from './problem.ts'
import { SetuidCheck } from './setuid.ts'
import { gunzipped } from './unpack.ts'

/**
 * Reads a package to its end and answers with the sha256 of its tar, if that is the one that its
 * header names, if all in it could be unpacked, and if its set-uid files are those of `setuid`, where that is
 * known. Nothing is written.
 */
export async function verifyPackage(
  file: string,
  setuid?: readonly string[],
): Promise<Result<Sha256, TarProblem>> {
  const want = readIdentity(file)
  if (want === undefined) return refuse({ kind: 'unidentified' })
  const hash = createHash('sha256')
  const entryWhy = entryCheck()
  const check = setuid && new SetuidCheck(setuid)
  const read = await inspectTar(hashed(gunzipped(file), hash), {
    check: held => entryWhy(held) ?? check?.entry(held.kind, held.path, held.mode),
  })
  if (!read.ok) return read
  const missing = check?.end()
  if (missing) return refuse(missing)
  const got = hash.digest('hex')
  return got === want ? ok(want) : refuse({ kind: 'digest', want, got })
}
