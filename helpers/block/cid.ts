import { base36 } from 'multiformats/bases/base36'
import { CID } from 'multiformats/cid'
import { quoted } from '../../core/message.ts'
import { ok, type Result, refuse } from '../../core/result.ts'

/** The codecs of blocks that hold files: nodes of a graph (dag-pb), and plain bytes. */
export const DAG_PB = 0x70
const RAW = 0x55
const SHA2_256 = 0x12

/**
 * A content identifier of a file, a folder or a part of one, in any of its spellings (`Qm…`, `bafy…`).
 * Only sha2-256 counts as a digest here. Else why not, as the end of a sentence.
 * Source of the format: the specification of CID, versions 0 and 1.
 */
export function parseCid(text: string): Result<CID, string> {
  const cid = anyCid(text)
  if (!cid) return refuse(`${quoted(text)} is no CID`)
  const fault = cidFault(cid)
  return fault ? refuse(`${quoted(text)} ${fault}`) : ok(cid)
}

/** Why a block of this name cannot be checked or understood. */
export function cidFault({ code, multihash }: CID): string | undefined {
  if (multihash.code !== SHA2_256 || multihash.digest.length !== 32) return 'names no sha2-256 digest'
  if (code !== DAG_PB && code !== RAW) return 'is of a codec that holds no files'
  return undefined
}

/** The digest alone: one for all spellings of a CID. */
export const digestOf = (cid: CID): string => Buffer.from(cid.multihash.digest).toString('hex')

/** Longer ones are none; they would only cost time. */
const LONGEST = 128

/** One of any codec and digest, in any of its spellings; undefined where it is none. */
export function anyCid(text: string): CID | undefined {
  if (text.length > LONGEST) return undefined
  try {
    return text.startsWith('k') ? CID.parse(text, base36) : CID.parse(text)
  } catch {
    return undefined
  }
}
