import { readFileSync } from 'node:fs'
import type { Env } from '../../core/env.ts'
import { quoted } from '../../core/message.ts'
import { ok, type Result, refuse } from '../../core/result.ts'
import { readingFault } from '../../core/system-error.ts'

/**
 * The certificates that node reads when it starts, for a process that was started without the
 * variable: workers do the work of others, see doc/redo.md. Empty where node's own do. The error is a sentence.
 */
export function ownCertificates(env: Env): Result<readonly string[], string> {
  const path = env.NODE_EXTRA_CA_CERTS
  if (!path) return ok([])
  try {
    // Of a module that is imported node reads all names, and this list takes it a millisecond.
    const { rootCertificates } = process.getBuiltinModule('node:tls')
    return ok([...rootCertificates, readFileSync(path, 'utf8')])
  } catch (error) {
    return refuse(
      `the certificates of $NODE_EXTRA_CA_CERTS, ${quoted(path)}, cannot be read: ${readingFault(error)}`,
    )
  }
}
