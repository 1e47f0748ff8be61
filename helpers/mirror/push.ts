import { statSync } from 'node:fs'
import type { Sha256 } from '../../core/digest.ts'
import type { Env } from '../../core/env.ts'
import { type Message, quoted } from '../../core/message.ts'
import { ok, type Result, refuse } from '../../core/result.ts'
import { distfilePath } from '../../core/store.ts'
import { pushArtifact } from '../oci/artifact.ts'
import { blobOfBytes, blobOfFile } from '../oci/blob-source.ts'
import { connect } from '../oci/connect.ts'
import { type OciFailure, pushRemedy, saidByRegistry } from '../oci/failure.ts'
import { EMPTY_CONFIG } from '../oci/manifest.ts'
import { pushBlob, type Sent } from '../oci/push.ts'
import { formatReference, type Repository } from '../oci/reference.ts'
import { damage } from './damaged.ts'

export interface Source {
  readonly file: string
  readonly sha256: Sha256
}

interface PushOptions {
  readonly store: string
  /** For the proxies and the passwords of registries. */
  readonly env: Env
  /** Told of each source that is there. */
  readonly pushed: (source: Source, sent: Sent, bytes: number) => void
}

/**
 * Gives sources of the store to a repository of a registry: each is a blob, which is all that do-fetch asks for, and
 * the one layer of an artifact, tagged with its sha256, as registries throw blobs away that nothing refers to. Ends
 * at the first that cannot be pushed; what was pushed stays there.
 */
export async function pushSources(
  sources: readonly Source[],
  to: Repository,
  { store, env, pushed }: PushOptions,
): Promise<Result<void, Message>> {
  const connected = connect(to.registry, { env })
  if (!connected.ok) return connected
  const { session, limits, close } = connected.value
  const pushing = { session, limits, repository: to.name }
  try {
    const config = await pushBlob(blobOfBytes(EMPTY_CONFIG), pushing)
    if (!config.ok) return refuse(pushMessage(`push to ${quoted(formatReference(to))}`, to, config.error))
    for (const source of sources) {
      const path = distfilePath(store, source.sha256)
      const fault = await damage(path, source, 'push')
      if (fault) return refuse(fault)
      const { size } = statSync(path)
      const about = { artifactType: SOURCE_TYPE, mediaType: 'application/octet-stream', title: source.file }
      const blob = blobOfFile(path, source.sha256, size)
      const sent = await pushArtifact(blob, about, source.sha256, pushing)
      if (!sent.ok)
        return refuse(
          pushMessage(`push ${quoted(source.file)} to ${quoted(formatReference(to))}`, to, sent.error),
        )
      pushed(source, sent.value, size)
    }
    return ok(undefined)
  } finally {
    await close()
  }
}

/** What such an artifact is, for those who look into the registry. */
const SOURCE_TYPE = 'application/vnd.coolports.source'

const pushMessage = (cannot: string, { registry }: Repository, failure: OciFailure): Message => ({
  cannot,
  why: saidByRegistry(failure),
  remedy: pushRemedy(failure, registry),
})
