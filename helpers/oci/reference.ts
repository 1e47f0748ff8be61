import { isSha256, type Sha256 } from '../../core/digest.ts'
import { quoted } from '../../core/message.ts'
import { ok, type Result, refuse } from '../../core/result.ts'

/** A repository of a registry. */
export interface Repository {
  /** Host, or host:port, in lower case. */
  readonly registry: string
  /** Its name there: `team/tools`. */
  readonly name: string
}

/** What a repository holds under a tag, or a digest. */
export interface Reference extends Repository {
  readonly tag?: string
  readonly digest?: Sha256
}

const MAX_LENGTH = 512
const MAX_NAME = 255

/**
 * Reads `REGISTRY/REPOSITORY[:TAG][@sha256:DIGEST]`; the error is the end of a sentence. Nothing is filled
 * in: a reference without a registry would be asked of a host that nobody named.
 * Source of the format: OCI distribution specification 1.1, "Pulling manifests".
 */
export function parseReference(text: string): Result<Reference, string> {
  if (text.length > MAX_LENGTH) return refuse(`is longer than ${MAX_LENGTH} characters`)
  if (/[^\x21-\x7e]/.test(text)) return refuse('holds a blank, a control character or one that is not ASCII')
  const [rest = '', digestText, more] = text.split('@')
  if (more !== undefined) return refuse('holds "@" twice')
  const slash = rest.indexOf('/')
  if (slash === -1) return refuse('has no "/" between a registry and a repository')
  const registry = rest.slice(0, slash).toLowerCase()
  const fault = registryFault(registry)
  if (fault) return refuse(fault)
  const [name = '', tag, other] = rest.slice(slash + 1).split(':')
  if (other !== undefined) return refuse('has two tags')
  if (!isRepositoryName(name)) return refuse(`has a repository that cannot be one: ${quoted(name)}`)
  if (tag !== undefined && !isTag(tag)) return refuse(`has a tag that cannot be one: ${quoted(tag)}`)
  const digest = digestText === undefined ? undefined : readDigest(digestText)
  if (digestText !== undefined && digest === undefined) return refuse('has a digest that is not sha256:HEX')
  return ok({
    registry,
    name,
    ...(tag === undefined ? {} : { tag }),
    ...(digest === undefined ? {} : { digest }),
  })
}

/** The same without a tag or a digest. */
export function parseRepository(text: string): Result<Repository, string> {
  const parsed = parseReference(text)
  if (!parsed.ok) return parsed
  if (parsed.value.tag !== undefined || parsed.value.digest !== undefined)
    return refuse('names a tag or a digest; a repository alone is wanted')
  return parsed
}

/** Why a text names no repository, as the end of a sentence. */
export function repositoryFault(text: string): string | undefined {
  const parsed = parseRepository(text)
  return parsed.ok ? undefined : parsed.error
}

export function formatReference({ registry, name, tag, digest }: Reference): string {
  const ends = `${tag === undefined ? '' : `:${tag}`}${digest === undefined ? '' : `@sha256:${digest}`}`
  return `${registry}/${name}${ends}`
}

/** The digits of `sha256:DIGITS`; other algorithms are none of ours. */
export function readDigest(text: unknown): Sha256 | undefined {
  if (typeof text !== 'string' || !text.startsWith('sha256:')) return undefined
  const digits = text.slice('sha256:'.length)
  return isSha256(digits) ? digits : undefined
}

const isTag = (text: string): boolean => /^[A-Za-z0-9_][A-Za-z0-9._-]{0,127}$/.test(text)

const isRepositoryName = (name: string): boolean =>
  name.length <= MAX_NAME &&
  name.split('/').every(part => /^[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*$/.test(part))

/** A dot, a port or `localhost` sets a registry apart from the first part of a repository's name, as in every tool. */
function registryFault(registry: string): string | undefined {
  const [, host = '', port] = /^(\[[0-9a-f:.]+\]|[^:]*)(?::(\d{1,5}))?$/.exec(registry) ?? []
  const isName = host.split('.').every(label => /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/.test(label))
  if (!(isName || host.startsWith('[')) || Number(port ?? 1) > 65535 || !URL.canParse(`http://${registry}/`))
    return `begins with ${quoted(registry)}, which is no host`
  if (host === 'localhost' || port !== undefined || /[.[]/.test(host)) return undefined
  return `begins with ${quoted(registry)}, which is no registry: write its host in full`
}
