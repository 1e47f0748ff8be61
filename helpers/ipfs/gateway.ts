import type { CID } from 'multiformats/cid'
import { quoted } from '../../core/message.ts'
import { ok, refuse } from '../../core/result.ts'
import { type BlockPlace, blockFault, MAX_BLOCK_BYTES } from '../block/block.ts'
import { bodyOf, download, type Network, watched } from '../http/download.ts'
import { describe, type Failure } from '../http/failure.ts'
import { ask, drop } from '../http/http.ts'
import type { RecordPlace } from './name.ts'

/**
 * A trustless gateway: it is asked for raw blocks, archives of blocks and signed records, all of which
 * prove themselves. Source of the protocol: the specification of the Trustless Gateway.
 */
export function gateway(base: string, network: Network): BlockPlace & RecordPlace {
  const root = base.replace(/\/+$/, '').replace(/\/ipfs$/, '') // many write it with the path of what it gives
  const { limits } = network
  return {
    name: new URL(base).host,
    block: (cid, signal) =>
      watched(limits, signal, async ({ both, moved }) => {
        const url = `${root}/ipfs/${cid}?format=raw`
        const answer = await ask(url, { accept: RAW_TYPE }, { ...network, signal: both })
        if (!answer.ok) return answer
        const got = await bodyOf(answer.value, MAX_BLOCK_BYTES, moved)
        const fault = got.ok ? blockFault(cid, got.value) : got.error
        return fault ? refuse(instead(fault, answer.value.headers['content-type'])) : got
      }),
    archive: (cid, from, signal) =>
      watched(limits, signal, async ({ both }) => {
        const asked = { accept: 'application/vnd.ipld.car; version=1; order=dfs; dups=y' }
        const answer = await ask(archiveUrl(root, cid, from), asked, { ...network, signal: both })
        if (!answer.ok) return answer
        if (answer.value.statusCode === 200) return ok(answer.value.body as AsyncIterable<Uint8Array>)
        drop(answer.value)
        return refuse({ kind: 'status', status: answer.value.statusCode })
      }),
    record: (name, most, signal) =>
      download(
        `${root}/ipns/${name}?format=ipns-record`,
        'application/vnd.ipfs.ipns-record',
        most,
        network,
        signal,
      ),
  }
}

/** One that knows no blocks gives the file: bytes that are right, and of another digest than the block. */
function instead(fault: Failure, type: unknown): Failure {
  const isOther = fault.kind === 'digest' || fault.kind === 'endless'
  if (!isOther || typeof type !== 'string' || BLOCK_TYPES.includes(type)) return fault
  const what = `${describe(fault)} as ${quoted(type)}, not as a block: it may be no trustless gateway`
  return { kind: 'instead', what }
}

const RAW_TYPE = 'application/vnd.ipld.raw'

/** The latter is what web servers say of files that they know nothing of. */
const BLOCK_TYPES: readonly string[] = [RAW_TYPE, 'application/octet-stream']

const archiveUrl = (root: string, cid: CID, from: number): string =>
  `${root}/ipfs/${cid}?format=car&dag-scope=entity&car-order=dfs&car-dups=y${from > 0 ? `&entity-bytes=${from}:*` : ''}`
