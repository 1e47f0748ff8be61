import type { Env } from '../../core/env.ts'
import { ok, type Result, refuse } from '../../core/result.ts'
import { parseCid } from '../block/cid.ts'
import { describeIpfs, type IpfsFailure, IpfsRefusal, ipfsPasses } from '../block/failure.ts'
import type { Network } from '../http/download.ts'
import type { Failure } from '../http/failure.ts'
import { ipfsAsked } from '../ipfs/asked.ts'
import { connect } from '../ipfs/connect.ts'
import type { Opened } from '../ipfs/file.ts'
import { openFrom } from '../ipfs/open.ts'

/** Sources by CID, from whom the user lets be asked. Loaded when the first source has one. */
export interface IpfsReader {
  /** The bytes from `from` on. */
  open(cid: string, from: number, signal: AbortSignal): Promise<Result<Opened, Failure>>
  /** What the body of an opened source throws, as a failure; anything else is thrown on. */
  failureOf(error: unknown): Failure
  close(): Promise<void>
}

export function ipfsReader(env: Env, network: Network, note: (text: string) => void): IpfsReader {
  const { places, close } = connect(ipfsAsked(env), network, note)
  const told = (failure: IpfsFailure, passes: boolean): Failure => ({
    kind: 'ipfs',
    why: describeIpfs(failure),
    passes,
  })
  return {
    async open(text, from, signal) {
      const cid = parseCid(text)
      if (!cid.ok) return refuse({ kind: 'file', why: cid.error })
      const { maxBytes, idleMs } = network.limits
      const wanted = { root: cid.value, path: [], from, limit: maxBytes, signal }
      const opened = await openFrom(places, wanted, idleMs)
      // All were asked at once: another round would only keep the next place waiting.
      return opened.ok ? ok(opened.value) : refuse(told(opened.error, false))
    },
    failureOf(error) {
      if (error instanceof IpfsRefusal)
        return told(error.failure, ipfsPasses(error.failure) && places.usable.length > 0)
      throw error
    },
    close,
  }
}
