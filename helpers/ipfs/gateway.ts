import type { CID } from 'multiformats/cid'
import { ok, refuse } from '../../core/result.ts'
import { download, type Network, watched } from '../http/download.ts'
import { ask, drop } from '../http/http.ts'
import { type BlockPlace, blockFault, MAX_BLOCK_BYTES } from './block.ts'
import type { RecordPlace } from './name.ts'

/**
 * A trustless gateway: it is asked for raw blocks, archives of blocks and signed records, all of which
 * prove themselves. Source of the protocol: the specification of the Trustless Gateway.
 */
export function gateway(base: string, network: Network): BlockPlace & RecordPlace {
  const root = base.replace(/\/+$/, '')
  const { limits } = network
  return {
    name: new URL(base).host,
    async block(cid, signal) {
      const url = `${root}/ipfs/${cid}?format=raw`
      const got = await download(url, 'application/vnd.ipld.raw', MAX_BLOCK_BYTES, network, signal)
      const fault = got.ok ? blockFault(cid, got.value) : undefined
      return fault ? refuse(fault) : got
    },
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

const archiveUrl = (root: string, cid: CID, from: number): string =>
  `${root}/ipfs/${cid}?format=car&dag-scope=entity&car-order=dfs&car-dups=y${from > 0 ? `&entity-bytes=${from}:*` : ''}`
