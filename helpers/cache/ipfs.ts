import type { CID } from 'multiformats/cid'
import type { Env } from '../../core/env.ts'
import { ok, type Result, refuse } from '../../core/result.ts'
import { storeRoot } from '../../core/store.ts'
import { unlessAborted } from '../../core/unless-aborted.ts'
import { parseCid } from '../block/cid.ts'
import { describeIpfs, type IpfsFailure, IpfsRefusal, isAbsence } from '../block/failure.ts'
import { ownCertificates } from '../http/certificates.ts'
import { connections } from '../http/http.ts'
import { LIMITS } from '../http/limits.ts'
import { ipfsAsked, isNobody } from '../ipfs/asked.ts'
import { type Connected, connect } from '../ipfs/connect.ts'
import { parseName } from '../ipfs/name.ts'
import { openFrom } from '../ipfs/open.ts'
import { recordsIn } from '../ipfs/record-folder.ts'
import { RememberedBlocks } from '../ipfs/remembered.ts'
import { type Resolved, resolveName } from '../ipfs/resolve.ts'
import { Broken, type Failure } from './failure.ts'
import { isCacheFile } from './names.ts'
import type { Fault, Opened, Place } from './place.ts'

/**
 * A cache whose files lie in a folder of IPFS: `ipfs://CID`, which never changes, or `ipns://NAME`, whose owner says
 * which folder it is now; behind either may stand names of folders. The bytes come from the gateways in
 * $COOLPORTS_IPFS_GATEWAYS, the peers in $COOLPORTS_IPFS_PEERS and the user's daemon, which cannot give other ones
 * than the CID says. Peers are not asked what a name means.
 */
export async function ipfsPlace(url: string, env: Env): Promise<Result<Place, Fault>> {
  const start = startOf(url)
  if (!start.ok) return start
  const asked = ipfsAsked(env)
  if (isNobody(asked)) {
    const [problem] = asked.problems
    return refuse(problem ? `it cannot be asked for: ${problem.why} (${problem.cannot})` : NOBODY)
  }
  const certificates = ownCertificates(env)
  if (!certificates.ok) return certificates
  const opened = connections(env, LIMITS, certificates.value)
  if (!opened.ok) return refuse(`cannot ${opened.error.cannot}: ${opened.error.why}`)
  const dispatcher = opened.value
  const connected = connect(asked, { dispatcher, limits: LIMITS }, () => {})
  const closing = new AbortController()
  const root = rootOf(start.value, connected, storeRoot(env), closing.signal)
  const folders = new RememberedBlocks(connected.places)
  return ok({
    name: url,
    problems: asked.problems,
    async open(file, signal) {
      if (!isCacheFile(file)) return refuse({ kind: 'absent' })
      const folder = await root(signal)
      if (!folder.ok) return folder
      const { cid, path } = folder.value
      const wanted = { root: cid, path: [...path, file], limit: LIMITS.maxBytes, signal }
      const found = await openFrom(connected.places, wanted, LIMITS.idleMs, folders)
      if (found.ok) return ok(told(found.value.body, found.value.size))
      if (found.error.kind === 'absent' && found.error.name !== file) return refuse({ kind: 'no folder' })
      return refuse(isGone(found.error, cid) ? { kind: 'absent' } : failureOf(found.error))
    },
    async close() {
      closing.abort()
      await connected.close()
      await dispatcher.destroy()
    },
  })
}

const NOBODY =
  'nobody is there to ask: name gateways in COOLPORTS_IPFS_GATEWAYS or peers in COOLPORTS_IPFS_PEERS, or run an IPFS daemon'

type Start =
  | { readonly kind: 'ipfs'; readonly resolved: Resolved }
  | { readonly kind: 'ipns'; readonly name: string; readonly path: readonly string[] }

/** Not read as other urls are: those have no upper case in the place of the CID. */
function startOf(url: string): Result<Start, Fault> {
  const [, scheme, name = '', rest = ''] = /^(ipfs|ipns):\/\/([^/?#]+)((?:\/[^/?#]+)*)\/?$/.exec(url) ?? []
  const path = namesOf(rest)
  if (!path) return refuse('it has a % that is no code of a character')
  if (scheme === 'ipfs') {
    const cid = parseCid(name)
    return cid.ok
      ? ok({ kind: 'ipfs', resolved: { cid: cid.value, path, ttlMs: Number.POSITIVE_INFINITY } })
      : refuse(cid.error)
  }
  if (scheme === undefined) return refuse('it has not the form ipfs://CID or ipns://NAME')
  const key = parseName(name)
  return key.ok ? ok({ kind: 'ipns', name, path }) : refuse(key.error)
}

/** The names in a path; caches are separated by blanks, so those of a name are `%20`. */
function namesOf(path: string): readonly string[] | undefined {
  try {
    return path.split('/').slice(1).map(decodeURIComponent)
  } catch {
    return undefined
  }
}

type RootOf = (signal: AbortSignal) => Promise<Result<Resolved, Failure>>

/**
 * Where the folder is; of a name it is asked once, until its record says to ask again. The question is that of all files
 * together, and goes on when nobody waits for it any more, until the place is closed: an answer that comes late is kept.
 */
function rootOf(start: Start, { records }: Connected, store: string, closed: AbortSignal): RootOf {
  if (start.kind === 'ipfs') return async () => ok(start.resolved)
  let known: { readonly until: number; readonly resolved: Resolved } | undefined
  let asked: Promise<Result<Resolved, string>> | undefined
  const ask = async (): Promise<Result<Resolved, string>> => {
    const asking = { places: records, seen: recordsIn(store), signal: closed, keptAfterMs: KEPT_AFTER_MS }
    const resolved = await resolveName(start.name, asking)
    if (!resolved.ok) return resolved
    const { cid, path, ttlMs } = resolved.value
    known = { until: performance.now() + ttlMs, resolved: { cid, path: [...path, ...start.path], ttlMs } }
    return ok(known.resolved)
  }
  return async signal => {
    if (known && performance.now() < known.until) return ok(known.resolved)
    asked ??= ask().finally(() => {
      asked = undefined
    })
    const resolved = await unlessAborted(asked, signal).catch(error => {
      if (!signal.aborted) throw error
      return refuse('nobody has said it in time')
    })
    return resolved.ok
      ? resolved
      : refuse({ kind: 'unreachable', why: `the name has no record: ${resolved.error}` })
  }
}

/** A network that is asked for a name may take many seconds; all caches together have three. */
const KEPT_AFTER_MS = 1_000

function told(body: AsyncIterable<Uint8Array>, length: number): Opened {
  const bytes = (async function* () {
    let have = 0
    try {
      for await (const chunk of body) {
        have += chunk.length
        yield chunk
      }
    } catch (error) {
      if (!(error instanceof IpfsRefusal)) throw error
      const { failure } = error
      throw new Broken(failure.kind === 'unsound' ? failureOf(failure) : { kind: 'cut', have, total: length })
    }
  })()
  return { bytes, length, close: () => void bytes.return(undefined).catch(() => {}) }
}

/**
 * Whether the folder is there, and a file of it nowhere any more: who gives it has changed it since, or collects
 * garbage. What else there is can be had.
 */
const isGone = (failure: IpfsFailure, root: CID): boolean =>
  failure.kind === 'nowhere' &&
  failure.cid !== root.toString() &&
  failure.tried.length > 0 &&
  failure.tried.every(({ failure: why }) => isAbsence(why))

function failureOf(failure: IpfsFailure): Failure {
  switch (failure.kind) {
    case 'absent':
      return { kind: 'absent' }
    case 'unsound':
      return { kind: 'refused', why: failure.why }
    case 'nowhere':
    case 'aborted':
      return { kind: 'unreachable', why: describeIpfs(failure) }
  }
}
