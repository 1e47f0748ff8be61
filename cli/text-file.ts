import { renameSync, rmSync, writeFileSync } from 'node:fs'
import { quoted } from '../core/message.ts'
import { ok, type Result, refuse } from '../core/result.ts'
import { type Refusal, trouble } from './say.ts'

/** Writes a file that is there as a whole or not at all. */
export function writeText(file: string, text: string): Result<void, Refusal> {
  const part = `${file}.${process.pid}.part`
  try {
    writeFileSync(part, text)
    renameSync(part, file)
    return ok(undefined)
  } catch (error) {
    if (!(error instanceof Error && 'code' in error)) throw error
    return refuse(trouble({ cannot: `write ${quoted(file)}`, why: String(error.code) }))
  } finally {
    rmSync(part, { force: true })
  }
}
