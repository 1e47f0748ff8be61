import { sha256 } from '../../core/digest.ts'
import type { Result } from '../../core/result.ts'
import type { BlobSource } from './blob-source.ts'
import type { OciFailure } from './failure.ts'
import { EMPTY_CONFIG, emptyConfig, formatManifest } from './manifest.ts'
import { type Pushing, pushBlob, pushManifest, type Sent } from './push.ts'

/**
 * Gives a repository a file, as the one layer of an artifact under a tag; `title` is what a client calls it. The empty
 * config has to be there. Source of the format: OCI image specification 1.1, "Guidelines for Artifact Usage".
 */
export async function pushArtifact(
  file: BlobSource,
  about: { readonly artifactType: string; readonly mediaType: string; readonly title: string },
  tag: string,
  pushing: Pushing,
): Promise<Result<Sent, OciFailure>> {
  const sent = await pushBlob(file, pushing)
  if (!sent.ok) return sent
  const { digest, size } = file
  const { artifactType, mediaType, title } = about
  const annotations = { 'org.opencontainers.image.title': title }
  const config = emptyConfig(sha256(EMPTY_CONFIG))
  const manifest = formatManifest({
    artifactType,
    config,
    layers: [{ mediaType, digest, size, annotations }],
  })
  const tagged = await pushManifest(Buffer.from(manifest), tag, pushing)
  return tagged.ok ? sent : tagged
}
