import type { CID } from 'multiformats/cid'
import type { Sha256 } from '../../core/digest.ts'
import { type Message, quoted } from '../../core/message.ts'
import { distfilePath } from '../../core/store.ts'
import { systemFault } from '../../core/system-error.ts'
import type { FetchRequest } from '../fetch/request.ts'
import { describe, isAway } from '../http/failure.ts'
import { writeBlocks } from '../ipfs/block-folder.ts'
import { Holdings } from '../ipfs/holdings.ts'
import type { Kubo } from '../ipfs/kubo.ts'
import { amendRecords } from '../mirror/amend.ts'
import { type PinnedSource, withSources } from '../mirror/ipfs-records.ts'

interface Pinning {
  readonly tree: string
  readonly store: string
  /** Gets the sources and pins them, where there is one. */
  readonly daemon: Kubo | undefined
  /** A folder for their blocks, if one is named. */
  readonly blocks: string | undefined
  readonly say: (line: string) => void
}

/** Names sources of the store by their CIDs, in mirrors/ipfs, and sees to it that they can be had by them. */
export async function pinSources(
  requests: readonly FetchRequest[],
  pinning: Pinning,
): Promise<readonly Message[]> {
  const { store, say } = pinning
  const holdings = new Holdings(store, [], say)
  const sources = new Map<Sha256, PinnedSource>()
  const problems: Message[] = []
  for (const [index, request] of requests.entries()) {
    const { sha256, file, urls } = request
    if (sources.has(sha256)) continue
    const cid = await holdings.cidOf(sha256)
    const fault = cid.ok ? await give(request, cid.value, holdings, pinning) : { why: cid.error }
    if (fault?.isAway) {
      const others = requests.length - index - 1
      const remedy = 'start the daemon, or set IPFS_API to nothing to name the sources without it'
      const cannot = `pin ${quoted(file)}${others > 0 ? `, nor the ${others} behind it` : ''}`
      problems.push({ cannot, why: fault.why, remedy })
      break
    }
    if (fault) problems.push({ cannot: `pin ${quoted(file)}`, why: fault.why })
    else if (cid.ok) {
      sources.set(sha256, { sourceUrl: urls[0] ?? file, sha256, cid: cid.value.toString() })
      say(`${cid.value}  ${file}`)
    }
  }
  const refused = amendRecords(pinning.tree, 'mirrors/ipfs', text => withSources(text, [...sources.values()]))
  return [...problems, ...refused]
}

interface Fault {
  readonly why: string
  /** The daemon does not answer, and would not for another source. */
  readonly isAway?: boolean
}

/** Gives one source to the daemon and into the folder; why not, if so. */
async function give(
  { sha256 }: FetchRequest,
  cid: CID,
  holdings: Holdings,
  { store, daemon, blocks }: Pinning,
): Promise<Fault | undefined> {
  if (daemon) {
    const added = await daemon.add(distfilePath(store, sha256), new AbortController().signal)
    if (!added.ok) return { why: `${daemon.name} gave ${describe(added.error)}`, isAway: isAway(added.error) }
    if (added.value !== cid.toString())
      return { why: `${daemon.name} made ${quoted(added.value)} of it, not ${cid}` }
  }
  if (blocks === undefined) return undefined
  try {
    const written = await writeBlocks(cid, holdings, blocks)
    return written.ok ? undefined : { why: written.error }
  } catch (error) {
    const fault = systemFault(error)
    if (!fault) throw error
    return { why: `its blocks cannot be written to ${quoted(blocks)}: ${fault.why}` }
  }
}
