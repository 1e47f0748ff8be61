import { stat } from 'node:fs/promises'
import { READING } from '../../core/system-error.ts'
import type { Failure } from './failure.ts'

/** Why a file of a folder cannot be opened. One that is not there says nothing against the folder, unless that is not there either. */
export async function openingFailure(error: unknown, folder: string): Promise<Failure> {
  if (codeOf(error) !== 'ENOENT') return fileFailure(error)
  try {
    return (await stat(folder)).isDirectory() ? { kind: 'absent' } : fileFailure({ code: 'ENOTDIR' })
  } catch (failure) {
    return codeOf(failure) === 'ENOENT' ? { kind: 'no folder' } : fileFailure(failure)
  }
}

export function fileFailure(error: unknown): Failure {
  const code = codeOf(error)
  return { kind: 'file', why: WHY[code] ?? code }
}

const codeOf = (error: unknown): string =>
  (error as NodeJS.ErrnoException).code ?? (error as Error).message ?? String(error)

const WHY: Readonly<Record<string, string>> = { ...READING, ENOTDIR: 'it is not a folder' }
