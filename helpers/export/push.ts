import { type Message, quoted } from '../../core/message.ts'
import { ok, type Result, refuse } from '../../core/result.ts'
import { bytes } from '../../core/size.ts'
import { type BlobSource, blobOfBytes } from '../oci/blob-source.ts'
import type { Connected } from '../oci/connect.ts'
import { type OciFailure, pushRemedy, saidByRegistry } from '../oci/failure.ts'
import { pushBlob, pushManifest, type Sent } from '../oci/push.ts'
import { formatReference, type Reference } from '../oci/reference.ts'
import { pushReferrer } from '../oci/referrers.ts'
import type { Attachment } from './attachment.ts'
import type { Image } from './image.ts'
import type { Layer } from './layer.ts'

export interface Pushed {
  /** How many blobs of each kind, the config among them. */
  readonly blobs: Readonly<Record<Sent, number>>
  readonly sentBytes: number
}

/**
 * Pushes an image: what the registry lacks, and its tag last of all, so that the tag leads to a whole
 * image or to what it led to before. What was pushed until a failure stays there for the next time.
 */
export async function pushImage(
  image: Image,
  layers: readonly Layer[],
  to: Reference,
  { session, limits }: Connected,
  {
    mountFrom,
    attachments,
  }: { readonly mountFrom: readonly string[]; readonly attachments: readonly Attachment[] },
): Promise<Result<Pushed, Message>> {
  const pushing = { session, limits, repository: to.name, mountFrom }
  const blobs = new Map<string, BlobSource>(layers.map(({ blob }) => [blob.digest, blob]))
  const config = blobOfBytes(image.config)
  for (const blob of [config, ...attachments.flatMap(one => one.blobs)]) blobs.set(blob.digest, blob)
  const count = { 'was there': 0, shared: 0, sent: 0 }
  let sentBytes = 0
  const stand = (): string => `${Object.values(count).reduce((a, b) => a + b)} of ${blobs.size} blobs`
  for (const blob of blobs.values()) {
    const pushed = await pushBlob(blob, pushing)
    if (!pushed.ok) return refuse(pushMessage(to, pushed.error, stand()))
    count[pushed.value] += 1
    if (pushed.value === 'sent') sentBytes += blob.size
  }
  if (attachments.length > 0) {
    // Without a tag yet, so that the tag leads to an image with all that belongs to it.
    const put = await pushManifest(image.manifest, `sha256:${image.digest}`, pushing)
    if (!put.ok) return refuse(pushMessage(to, put.error, stand()))
  }
  for (const { manifest, descriptor } of attachments) {
    const put = await pushReferrer(manifest, descriptor, image.digest, pushing)
    if (!put.ok) return refuse(pushMessage(to, put.error, stand()))
  }
  const tagged = await pushManifest(image.manifest, to.tag ?? 'latest', pushing)
  return tagged.ok
    ? ok({ blobs: count, sentBytes })
    : refuse(pushMessage(to, tagged.error, stand(), isNo(tagged.error) ? 'not touched' : 'perhaps set'))
}

/** Of a connection that broke, or an answer that makes no sense, nobody knows what came of the question. */
const isNo = (failure: OciFailure): boolean =>
  failure.kind === 'unauthorized' ||
  (failure.kind === 'status' && failure.status >= 400 && failure.status < 500)

const pushMessage = (to: Reference, failure: OciFailure, stand: string, tag = 'not touched'): Message => ({
  cannot: `push to ${quoted(formatReference(to))}`,
  why: saidByRegistry(failure),
  facts: [
    ['there', stand],
    ['tag', tag],
  ],
  remedy: pushRemedy(failure, to.registry),
})

/** For a person: `2 blobs sent (3.4 MB), 5 were there, 1 shared`. */
export const formatPushed = ({ blobs, sentBytes }: Pushed): string =>
  `${blobs.sent} blobs sent (${bytes(sentBytes)}), ${blobs['was there']} were there, ${blobs.shared} shared`
