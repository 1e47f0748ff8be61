import type { Sha256 } from '../../core/digest.ts'
import { type Message, quoted } from '../../core/message.ts'
import { fileStreamDigest } from '../../core/stream-digest.ts'

/** Why a file that should be a source cannot be given to others: what the store holds under a name may be damaged by now. */
export async function damage(
  path: string,
  { file, sha256 }: { readonly file: string; readonly sha256: Sha256 },
  verb: 'copy' | 'push',
): Promise<Message | undefined> {
  const got = await fileStreamDigest(path)
  if (got === sha256) return undefined
  return {
    cannot: `${verb} the source ${quoted(file)}`,
    why: 'the file in the store is damaged',
    facts: [
      ['want', sha256],
      ['got', got],
    ],
    remedy: 'run: coolports cache verify',
  }
}
