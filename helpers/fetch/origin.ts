import { relative } from 'node:path'
import type { Mirrors } from './mirrors.ts'
import type { FetchRequest } from './request.ts'

/** One place a source may be had from. */
export type Origin =
  | { readonly kind: 'tree'; readonly path: string }
  | { readonly kind: 'ipfs'; readonly cid: string }
  | { readonly kind: 'oci' | 'debian' | 'http' | 'upstream'; readonly url: string }

/** All places of a source in the order they are asked: the tree itself, then who has it by its content, then mirrors, then upstream. */
export function originsOf(request: FetchRequest, mirrors: Mirrors): readonly Origin[] {
  const { sha256, file } = request
  const paths = mirrors.debian.get(sha256) ?? []
  const patterns = [...(mirrors.http.get(sha256) ?? []), ...(mirrors.http.get('*') ?? [])]
  const origins: Origin[] = [
    ...(mirrors.files.get(sha256) ?? []).map(path => ({ kind: 'tree', path }) as const),
    ...(mirrors.ipfs.get(sha256) ?? []).map(cid => ({ kind: 'ipfs', cid }) as const),
    ...[...(mirrors.oci.get(sha256) ?? []), ...(mirrors.oci.get('*') ?? [])].map(
      repository => ({ kind: 'oci', url: `oci://${repository}@sha256:${sha256}` }) as const,
    ),
    ...mirrors.debianRoots.flatMap(root =>
      paths.map(path => ({ kind: 'debian', url: `${root}/${plusEscaped(path)}` }) as const),
    ),
    ...patterns.map(
      url =>
        ({
          kind: 'http',
          url: url.replaceAll('{sha256}', sha256).replaceAll('{file}', encodeURIComponent(file)),
        }) as const,
    ),
    ...request.urls.map(url => ({ kind: 'upstream', url }) as const),
  ]
  return origins.filter(
    (origin, index) => origins.findIndex(other => address(other) === address(origin)) === index,
  )
}

/** What a person can look at to check a place. */
export function address(origin: Origin): string {
  switch (origin.kind) {
    case 'tree':
      return origin.path
    case 'ipfs':
      return `ipfs://${origin.cid}`
    default:
      return origin.url
  }
}

/** The host of a place that is on one. */
export const hostOf = (origin: Origin): string | undefined =>
  origin.kind === 'tree' || origin.kind === 'ipfs' ? undefined : new URL(origin.url).host || undefined

/** The short name of a place, for a line of progress. */
export function nickname(origin: Origin, tree: string): string {
  if (origin.kind === 'tree')
    return relative(tree, origin.path)
      .replace(/[^/]*$/, '')
      .replace(/\/$/, '')
  if (origin.kind === 'ipfs') return 'ipfs'
  const { protocol, host } = new URL(origin.url)
  return protocol === 'file:' ? 'a local archive' : host
}

/** Some archives are kept in object stores, which read a bare `+` as a blank; apt escapes it too. */
const plusEscaped = (path: string): string => path.replaceAll('+', '%2b')
