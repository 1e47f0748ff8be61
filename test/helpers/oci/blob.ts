import type { Sha256 } from '../../../core/digest.ts'
import { ok, type Result, refuse } from '../../../core/result.ts'
import { type OciFailure, thrownFailure } from '../../../helpers/oci/failure.ts'
import { openBlob } from '../../../helpers/oci/registry.ts'
import type { Session } from '../../../helpers/oci/session.ts'

/** All that a registry gives for a blob, or why it breaks off. */
export async function readBlob(
  session: Session,
  repository: string,
  digest: Sha256,
): Promise<Result<Buffer, OciFailure>> {
  const opened = await openBlob(session, repository, digest)
  if (!opened.ok) return opened
  try {
    const chunks: Uint8Array[] = []
    for await (const chunk of opened.value.body) chunks.push(chunk)
    return ok(Buffer.concat(chunks))
  } catch (error) {
    return refuse(thrownFailure(error))
  }
}
