import { statSync } from 'node:fs'
import { anyAborted } from '../../core/any-aborted.ts'
import type { Env } from '../../core/env.ts'
import { distfilePath } from '../../core/store.ts'
import { fileStreamDigest } from '../../core/stream-digest.ts'
import type { IpfsReader } from '../fetch/ipfs.ts'
import type { Origin } from '../fetch/origin.ts'
import type { FetchRequest } from '../fetch/request.ts'
import { guiseOf, readAnswer } from '../http/answer.ts'
import { connectionFailure, describe, type Failure, fileFault, passes } from '../http/failure.ts'
import { ask, drop, type Asking as Network } from '../http/http.ts'

/** What asking takes. */
export interface Asking extends Network {
  /** For the passwords of registries. */
  readonly env: Env
  /** Where a source may lie whose length shows that a server has another file by now. */
  readonly store: string
  /** Loads what reads sources by CID; one for the run. */
  readonly ipfs: () => Promise<IpfsReader>
}

/** How places of one kind are asked whether they have a source now, without fetching it. */
interface Question<Of extends Origin> {
  /** Whose place it is: those of one owner count once, as they would be lost together. */
  readonly owner: (origin: Of) => string
  /** Answers why the place does not have it; undefined where it has it. */
  readonly ask: (origin: Of, request: FetchRequest, asking: Asking) => Promise<string | undefined>
}

type Questions = { readonly [Kind in Origin['kind']]: Question<Extract<Origin, { readonly kind: Kind }>> }

/** A kind of place is added here, beside where it is fetched from. */
const questions: Questions = {
  tree: {
    owner: () => 'this tree',
    ask: ({ path }, { sha256 }) => askFile(path, sha256),
  },
  // Whoever has it there: how many they are cannot be told.
  ipfs: { owner: () => 'IPFS', ask: askIpfs },
  oci: { owner: hostOf, ask: askRegistry },
  // All of its archives are copies of one.
  debian: { owner: () => 'the Debian archive', ask: askUrl },
  http: { owner: hostOf, ask: askUrl },
  upstream: { owner: hostOf, ask: askUrl },
}

/** The question that fits a place. */
export const questionFor = <Of extends Origin>(origin: Of): Question<Of> =>
  questions[origin.kind] as unknown as Question<Of>

function hostOf({ url }: { readonly url: string }): string {
  const { protocol, hostname } = new URL(url)
  return protocol === 'file:' ? 'this machine' : hostname
}

/** A file that is at hand can be read: it has the source, or something else. */
async function askFile(path: string | URL, want: string): Promise<string | undefined> {
  try {
    const got = await fileStreamDigest(path)
    return got === want ? undefined : `its sha256 is ${got}`
  } catch (error) {
    return fileFault(error)
  }
}

async function askUrl(
  { url }: { readonly url: string },
  request: FetchRequest,
  asking: Asking,
): Promise<string | undefined> {
  const { protocol } = new URL(url)
  if (protocol === 'file:') return askFile(new URL(url), request.sha256)
  if (protocol !== 'http:' && protocol !== 'https:') return `${protocol} urls are not supported`
  let failure: Failure | undefined
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const answer = await askOnce(url, request, asking)
    if (typeof answer === 'string' || answer === undefined) return answer
    failure = answer
    if (!passes(failure) || asking.signal.aborted) break
  }
  return failure && describe(failure)
}

const ATTEMPTS = 2

/** Asks for the first byte: some servers answer HEAD otherwise than GET, if at all. */
async function askOnce(
  url: string,
  request: FetchRequest,
  asking: Asking,
): Promise<Failure | string | undefined> {
  const { limits } = asking
  const timeout = AbortSignal.timeout(limits.connectMs + limits.idleMs)
  try {
    const signal = anyAborted(asking.signal, timeout)
    const answer = await ask(url, { range: 'bytes=0-0' }, { ...asking, signal })
    if (!answer.ok) return answer.error
    drop(answer.value)
    const { statusCode, headers } = answer.value
    const meaning = readAnswer(statusCode, headers, 0)
    if (meaning.kind === 'refused') return meaning.failure
    const total = 'total' in meaning ? meaning.total : undefined
    if (total === 0) return 'what it has is empty'
    const size = statSync(distfilePath(asking.store, request.sha256), { throwIfNoEntry: false })?.size
    if (total !== undefined && size !== undefined && total !== size)
      return { kind: 'size', want: size, got: total }
    return guiseOf(headers, request.file) === 'page' ? 'it answers with a page, not with a file' : undefined
  } catch (error) {
    if (timeout.aborted)
      return { kind: 'stalled', have: 0, seconds: (limits.connectMs + limits.idleMs) / 1000 }
    return connectionFailure(error)
  }
}

/** For the blob of the source's digest. */
async function askRegistry(
  { url }: { readonly url: string },
  _: FetchRequest,
  asking: Asking,
): Promise<string | undefined> {
  const { registryFault } = await import('../fetch/registry.ts')
  return registryFault(url, asking)
}

/** By its first block, from whoever answers first. */
async function askIpfs(
  { cid }: { readonly cid: string },
  _: FetchRequest,
  asking: Asking,
): Promise<string | undefined> {
  const reader = await asking.ipfs()
  const stop = new AbortController()
  const timeout = AbortSignal.timeout(asking.limits.connectMs + asking.limits.idleMs)
  try {
    const opened = await reader.open(cid, 0, anyAborted(asking.signal, timeout, stop.signal))
    return opened.ok ? undefined : describe(opened.error)
  } finally {
    stop.abort()
  }
}
