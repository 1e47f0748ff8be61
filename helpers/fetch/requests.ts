import { readFileSync } from 'node:fs'
import { type Message, quoted } from '../../core/message.ts'
import { ok, type Result, refuse } from '../../core/result.ts'
import { readingFault } from '../../core/system-error.ts'
import { type FetchRequest, parseFetchFile } from './request.ts'

/** What some fetch files ask for, or all that is wrong with them. */
export function readRequests(paths: readonly string[]): Result<readonly FetchRequest[], readonly Message[]> {
  const requests: FetchRequest[] = []
  const problems: Message[] = []
  for (const path of paths) {
    const read = readRequest(path)
    if (read.ok) requests.push(...read.value)
    else problems.push(...read.error)
  }
  return problems.length > 0 ? refuse(problems) : ok(requests)
}

function readRequest(path: string): Result<readonly FetchRequest[], readonly Message[]> {
  try {
    return parseFetchFile(path, readFileSync(path, 'utf8'))
  } catch (error) {
    return refuse([{ cannot: `read ${quoted(path)}`, why: readingFault(error) }])
  }
}
