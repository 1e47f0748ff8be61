import { readFileSync, statSync } from 'node:fs'
import type { Sha256 } from '../../core/digest.ts'
import type { Env } from '../../core/env.ts'
import { distfilePath, storeRoot } from '../../core/store.ts'
import { useStoreFor } from '../store/use.ts'
import { parseFetchFile } from './request.ts'

/**
 * Whether the words name fetch files, and nothing else, whose sources are all in the store. They stay there
 * while the process `asker` runs.
 */
export async function allInStore(words: readonly string[], env: Env, asker: number): Promise<boolean> {
  if (words.length === 0 || words.some(word => word.startsWith('-'))) return false
  const store = storeRoot(env)
  try {
    const digests: Sha256[] = []
    for (const path of words) {
      const requests = parseFetchFile(path, readFileSync(path, 'utf8'))
      if (!requests.ok) return false
      digests.push(...requests.value.map(({ sha256 }) => sha256))
    }
    await useStoreFor(asker, store, { distfiles: digests })
    return digests.every(digest => statSync(distfilePath(store, digest)).isFile())
  } catch {
    return false // a file is missing: the long way fetches it, or says why it cannot
  }
}
