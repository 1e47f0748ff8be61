import { readFileSync, statSync } from 'node:fs'
import { distfilePath, storeRoot } from '../../core/store.ts'
import { parseFetchFile } from './request.ts'

/** Whether the words name fetch files, and nothing else, whose sources are all in the store. */
export function allInStore(
  words: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
): boolean {
  if (words.length === 0 || words.some(word => word.startsWith('-'))) return false
  const store = storeRoot(env)
  try {
    return words.every(path => {
      const requests = parseFetchFile(path, readFileSync(path, 'utf8'))
      return (
        requests.ok && requests.value.every(({ sha256 }) => statSync(distfilePath(store, sha256)).isFile())
      )
    })
  } catch {
    return false // a file is missing: the long way fetches it, or says why it cannot
  }
}
