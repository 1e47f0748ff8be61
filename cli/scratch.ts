import { tmpdir } from 'node:os'
import { quoted } from '../core/message.ts'
import { ok, type Result, refuse } from '../core/result.ts'
import { makeScratch } from '../core/scratch.ts'
import { systemFault } from '../core/system-error.ts'
import { type Refusal, trouble } from './output.ts'

/** Makes a folder for files on their way, which the caller removes. */
export function openScratch(name: string): Result<string, Refusal> {
  try {
    return ok(makeScratch(name))
  } catch (error) {
    const fault = systemFault(error)
    if (!fault) throw error
    return refuse(
      trouble({
        cannot: 'make a folder for files on their way',
        why: fault.why,
        facts: [['in', quoted(tmpdir())]],
        remedy: 'set TMPDIR to a folder that can be written to',
      }),
    )
  }
}
