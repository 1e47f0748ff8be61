import { existsSync, rmSync } from 'node:fs'
import { atMost } from '../../core/at-most.ts'
import type { Sha256 } from '../../core/digest.ts'
import type { Env } from '../../core/env.ts'
import { makeFolders } from '../../core/folders.ts'
import { formatMessage, type Message } from '../../core/message.ts'
import { ok, type Result, refuse } from '../../core/result.ts'
import { distfilePath, partialFolder } from '../../core/store.ts'
import { fileStreamDigest } from '../../core/stream-digest.ts'
import type { Limits } from '../http/limits.ts'
import { ipfsLater } from './ipfs-later.ts'
import { loadMirrors } from './mirrors.ts'
import { obtain } from './obtain.ts'
import { type Origin, originsOf } from './origin.ts'
import { storeTrouble } from './refusal.ts'
import type { Reporter } from './reporter.ts'
import type { FetchRequest } from './request.ts'

export interface FetchOptions {
  /** The root of the tree, for its mirrors/. */
  readonly tree: string
  readonly store: string
  /** For the proxies, the passwords of registries and COOLPORTS_DEBIAN_MIRRORS. */
  readonly env: Env
  /** How many sources are fetched at once. */
  readonly jobs: number
  /** Reads what is in the store again, and fetches what is damaged. */
  readonly verify: boolean
  readonly limits: Limits
  readonly report: Reporter
  /** Where apt keeps its sources; given by tests. */
  readonly apt?: string
}

interface Fetched {
  readonly sha256: Sha256
  readonly path: string
  /** Where it came from just now; nothing if it was in the store. */
  readonly from?: Origin
}

/** Makes sure that every source is in the store. One source asked for twice is fetched once. */
export async function fetchAll(
  requests: readonly FetchRequest[],
  options: FetchOptions,
): Promise<Result<readonly Fetched[], readonly Message[]>> {
  const { store, verify, report } = options
  const wanted = merged(requests)
  const missing: FetchRequest[] = []
  for (const request of wanted) {
    if (!(await isInStore(store, request.sha256, verify, report, request.file))) missing.push(request)
  }
  const fetched = missing.length === 0 ? ok(new Map<Sha256, Origin>()) : await fetchMissing(missing, options)
  if (!fetched.ok) return fetched
  return ok(
    wanted.map(({ sha256 }) => {
      const from = fetched.value.get(sha256)
      return { sha256, path: distfilePath(store, sha256), ...(from ? { from } : {}) }
    }),
  )
}

/** One request for each digest, with the urls of all that ask for it. */
function merged(requests: readonly FetchRequest[]): readonly FetchRequest[] {
  const byDigest = new Map<Sha256, FetchRequest>()
  for (const request of requests) {
    const first = byDigest.get(request.sha256)
    byDigest.set(
      request.sha256,
      first ? { ...first, urls: [...new Set([...first.urls, ...request.urls])] } : request,
    )
  }
  return [...byDigest.values()]
}

async function isInStore(
  store: string,
  sha256: Sha256,
  verify: boolean,
  report: Reporter,
  file: string,
): Promise<boolean> {
  const path = distfilePath(store, sha256)
  if (!existsSync(path)) return false
  if (!verify || (await fileStreamDigest(path)) === sha256) return true
  report.note(`${file} in the store is damaged, fetching it again`)
  rmSync(path, { force: true })
  return false
}

async function fetchMissing(
  missing: readonly FetchRequest[],
  options: FetchOptions,
): Promise<Result<Map<Sha256, Origin>, readonly Message[]>> {
  const { tree, store, env, limits, report, apt } = options
  try {
    makeFolders(partialFolder(store))
  } catch (error) {
    return refuse(missing.map(request => storeTrouble(request, store, error)))
  }
  const { mirrors, problems } = loadMirrors(tree, env, apt)
  for (const problem of problems) report.note(formatMessage('do-fetch', problem))
  const { connections } = await import('../http/http.ts')
  const opened = connections(env, limits)
  if (!opened.ok) return refuse([opened.error])
  const dispatcher = opened.value
  const ipfs = ipfsLater(env, { dispatcher, limits }, text => report.note(text))
  const from = new Map<Sha256, Origin>()
  const refused = new Map<Sha256, Message>()
  const mute = new Set<string>()
  try {
    await atMost(options.jobs, missing, async request => {
      const got = await obtain(request, originsOf(request, mirrors), {
        tree,
        store,
        limits,
        dispatcher,
        ipfs: ipfs.open,
        env,
        report,
        mute,
      })
      if (!got.ok) refused.set(request.sha256, got.error)
      else if (got.value) from.set(request.sha256, got.value)
    })
  } finally {
    report.close()
    await ipfs.close()
    await dispatcher.destroy()
  }
  const messages = missing.flatMap(({ sha256 }) => refused.get(sha256) ?? [])
  return messages.length > 0 ? refuse(messages) : ok(from)
}
