import { readFileSync } from 'node:fs'
import { makeFolders } from '../../core/folders.ts'
import { type Lock, takeLock } from '../../core/lock.ts'
import { ok, type Result, refuse } from '../../core/result.ts'
import { isSystemError } from '../../core/system-error.ts'
import { writeWhole } from '../../core/whole-file.ts'

/**
 * Where the number of the last record stands that a key has signed: beside the key, for whoever has seen a record
 * believes no other one of that number, whichever tree and store it was signed in.
 */
export const numberPath = (keyFile: string): string => `${keyFile.replace(/\.pem$/, '')}.number`

/** That number; undefined where nothing was signed yet. Else why it is not known, as the end of a sentence. */
export function lastNumber(keyFile: string): Result<bigint | undefined, string> {
  let text: string
  try {
    text = readFileSync(numberPath(keyFile), 'utf8')
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    return code === 'ENOENT' ? ok(undefined) : refuse(`it cannot be read (${code})`)
  }
  return /^\d{1,19}\n?$/.test(text) ? ok(BigInt(text.trim())) : refuse('it is no number')
}

/** Waits until nobody else takes a number of this key; makes the folder of the key if need be. Else why not. */
export async function lockNumber(keyFile: string): Promise<Result<Lock, string>> {
  const folder = `${numberPath(keyFile)}.lock`
  try {
    makeFolders(folder, 0o700)
    return ok(await takeLock(folder))
  } catch (error) {
    return refuse(unwritten(error))
  }
}

/** Else why it could not be written. */
export function writeNumber(keyFile: string, number: bigint): Result<void, string> {
  try {
    writeWhole(numberPath(keyFile), `${number}\n`)
    return ok(undefined)
  } catch (error) {
    return refuse(unwritten(error))
  }
}

function unwritten(error: unknown): string {
  if (!isSystemError(error)) throw error
  return `it cannot be written (${error.code})`
}
