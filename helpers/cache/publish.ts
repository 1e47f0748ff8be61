import { createHash } from 'node:crypto'
import { statSync, writeFileSync } from 'node:fs'
import { open, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { Sha256 } from '../../core/digest.ts'
import { PACKAGE_FILE } from '../../core/name.ts'
import { byCodeUnit } from '../../core/order.ts'
import { ok, type Result, refuse } from '../../core/result.ts'
import { packagePath } from '../../core/store.ts'
import { fileStreamDigest } from '../../core/stream-digest.ts'
import type { ClosureMember } from '../built/closure.ts'
import { identityAt } from '../tar/identity.ts'
import { tarDigest } from '../tar/unpack.ts'
import { Broken, describe, type Failure, isAway } from './failure.ts'
import { isSameKey, type SecretKey } from './minisign.ts'
import { packageName, recordName } from './names.ts'
import { isOf, isSpokenFor, lacking } from './pass-on.ts'
import type { Place, Publisher } from './place.ts'
import { type Kept, originOf } from './provenance.ts'
import { type CacheRecord, isExpired, type Member } from './record.ts'
import { signRecord } from './signed-record.ts'
import type { TrustedKey } from './trust.ts'

export interface Publishing {
  readonly publisher: Publisher
  /** The same place for reading: what is there already is not replaced. */
  readonly place: Place
  readonly key: SecretKey
  /** Whose records in the place can be verified. */
  readonly keys: readonly TrustedKey[]
  readonly today: string
  readonly store: string
  /** A folder for files on their way. */
  readonly scratch: string
  readonly expires?: string
}

/** How a package was added. */
export type Added =
  | { readonly kind: 'signed' }
  /** It came from a cache, and so did what is said of it: we say nothing about what others built. */
  | { readonly kind: 'passed on'; readonly builders: number }
  /** The same, and the place has all of it, or something newer. */
  | { readonly kind: 'there already' }
  /**
   * Somebody else's package of this key is there, and it is another one. Ours was not put there; our word was, if
   * it is ours.
   */
  | { readonly kind: 'disputed'; readonly theirs: Sha256; readonly signed: boolean }

/** Why a package was not added; the end of a sentence. */
export interface Fault {
  readonly why: string
  readonly remedy?: string
  /** The place does not answer, and would not for another package. */
  readonly isAway?: true
}

/** Adds a package to a cache: first its bytes, then the signed record, by which it is found. */
export async function publish(
  member: ClosureMember,
  closure: readonly Member[],
  run: Publishing,
): Promise<Result<Added, Fault>> {
  const { store, today } = run
  const tar = await tarDigest(member.file)
  if (!tar.ok || tar.value !== member.tar) return refuse({ why: 'its file is damaged' })
  const origin = originOf(store, member.pkghash, tar.value)
  if (origin.kind === 'unknown') return refuse(unknown(member, store))
  const kept = origin.kind === 'from caches' ? origin.kept : []
  const valid = kept.filter(({ record }) => !isExpired(record, today))
  if (kept.length > 0 && valid.length === 0) return refuse(expired(member, kept, run))
  const ours = { tar: member.tar, gz: await fileStreamDigest(member.file), size: statSync(member.file).size }
  const there = await whatIsThere(member.pkghash, ours, run)
  if (!there.ok) return there
  return origin.kind === 'built here'
    ? say(member, closure, ours, there.value, run)
    : passOn(member, valid, ours, there.value, run)
}

/** What was built here: its bytes, if there are none, and our word. */
async function say(
  member: ClosureMember,
  closure: readonly Member[],
  ours: Package,
  found: Package | undefined,
  run: Publishing,
): Promise<Result<Added, Fault>> {
  const { key, expires } = run
  const there = found && (await isOurs(member, found, run)) ? undefined : found
  const isAgreed = there === undefined || there.tar === ours.tar
  const { tar, gz, size } = (isAgreed && there) || ours
  const record: CacheRecord = {
    name: member.name,
    version: member.version,
    hash: member.pkghash,
    tar,
    gz,
    size,
    closure,
    builder: key.public.id,
    ...(expires === undefined ? {} : { expires }),
  }
  const put = await putAll(there ? undefined : member, [{ record, file: signRecord(record, key) }], run)
  if (!put.ok) return put
  return ok(there && !isAgreed ? { kind: 'disputed', theirs: there.tar, signed: true } : { kind: 'signed' })
}

/** Whether what is there is another package that we alone spoke for: then it goes with our word, which is another now. */
async function isOurs(
  { pkghash, tar }: ClosureMember,
  there: Package,
  { place, key, keys, today }: Publishing,
): Promise<boolean> {
  if (there.tar === tar) return false
  const said = (by: readonly TrustedKey[]) =>
    isSpokenFor(pkghash, there.tar, there, { place, keys: by, today })
  const own = [{ key: key.public }]
  return (await said(own)) && !(await said(keys.filter(one => !isSameKey(one.key, key.public))))
}

/** What came from a cache: its bytes, if there are none, and what was said of just those that are there then. */
async function passOn(
  member: ClosureMember,
  kept: readonly Kept[],
  ours: Package,
  there: Package | undefined,
  run: Publishing,
): Promise<Result<Added, Fault>> {
  if (there && there.tar !== ours.tar) return ok({ kind: 'disputed', theirs: there.tar, signed: false })
  const bytes = there ?? ours
  const fitting = kept.filter(one => isOf(one, bytes))
  if (fitting.length === 0) {
    if (there && (await isSpokenFor(member.pkghash, ours.tar, there, run)))
      return ok({ kind: 'there already' })
    return refuse({
      why: `the records that it came with are of another .tar.gz than ${there ? 'the one that is there' : 'its file'}`,
      ...(there ? {} : { remedy: removal(member, run.store) }),
    })
  }
  const missing = await lacking(fitting, bytes, run)
  if (!missing.ok) return refuse(refused(run.place, missing.error))
  const put = await putAll(there ? undefined : member, missing.value, run)
  if (!put.ok) return put
  return ok(
    there && missing.value.length === 0
      ? { kind: 'there already' }
      : { kind: 'passed on', builders: missing.value.length },
  )
}

async function putAll(
  member: ClosureMember | undefined,
  statements: readonly Kept[],
  run: Publishing,
): Promise<Result<void, Fault>> {
  if (member) {
    const put = await run.publisher.put(packageName(member.pkghash), member.file)
    if (!put.ok) return refuse(notTaken(run.publisher, put.error))
  }
  for (const one of statements) {
    const put = await putStatement(one, run)
    if (!put.ok) return put
  }
  return ok(undefined)
}

async function putStatement(
  { record, file }: Kept,
  { publisher, scratch }: Publishing,
): Promise<Result<void, Fault>> {
  const name = recordName(record.hash, record.builder)
  const path = join(scratch, name)
  writeFileSync(path, file)
  const put = await publisher.put(name, path)
  await rm(path)
  return put.ok ? put : refuse(notTaken(publisher, put.error))
}

/** A signature means "I built this", so it is not given to what may have been downloaded. */
const unknown = (member: ClosureMember, store: string): Fault => ({
  why: 'nobody knows where it came from: this store neither built it nor has what was said of it',
  remedy: removal(member, store),
})

function expired(member: ClosureMember, kept: readonly Kept[], { store, today }: Publishing): Fault {
  const last = kept.map(({ record }) => record.expires ?? '').sort(byCodeUnit)
  return {
    why: `what was said of it was said until ${last.at(-1)}, and today is ${today}`,
    remedy: removal(member, store),
  }
}

/** The store gives the same one again, unless it is gone there, too. */
function removal({ name, pkghash, tar }: ClosureMember, store: string): string {
  const kept = packagePath(store, pkghash)
  const files = [`pkg/${name}/${PACKAGE_FILE}`, ...(identityAt(kept) === tar ? [kept] : [])]
  return `remove ${files.join(' and ')} to have it built, or taken, again`
}

interface Package {
  readonly tar: Sha256
  readonly gz: Sha256
  readonly size: number
}

/** The package of this key that the place has; undefined if none, or none that can be read, which is replaced. */
async function whatIsThere(
  hash: Sha256,
  ours: Package,
  { place, scratch }: Publishing,
): Promise<Result<Package | undefined, Fault>> {
  const opened = await place.open(packageName(hash), new AbortController().signal)
  if (!opened.ok) {
    const { error } = opened
    // A folder is made with its first file.
    if (error.kind === 'no folder' || (error.kind === 'absent' && error.status === undefined))
      return ok(undefined)
    // It may be there, and not for us to see: then it is not to be replaced.
    const isHidden = error.kind === 'absent' && error.status !== undefined
    return refuse(refused(place, isHidden ? { kind: 'status', status: error.status } : error))
  }
  if (opened.value.sha256 === ours.gz) {
    opened.value.close()
    return ok(ours)
  }
  const path = join(scratch, `${hash}.there`)
  const file = await open(path, 'w')
  const gz = createHash('sha256')
  let size = 0
  try {
    for await (const chunk of opened.value.bytes) {
      await file.writeFile(chunk)
      gz.update(chunk)
      size += chunk.length
    }
    const tar = await tarDigest(path)
    return ok(tar.ok ? { tar: tar.value, gz: gz.digest('hex') as Sha256, size } : undefined)
  } catch (error) {
    if (error instanceof Broken) return refuse(refused(place, error.failure))
    throw error
  } finally {
    await file.close()
    await rm(path, { force: true })
  }
}

const refused = ({ name }: { readonly name: string }, failure: Failure): Fault => ({
  why: `${name} gave ${describe(failure)}`,
  ...(isAway(failure) ? { isAway: true } : {}),
})

/** What the system has against a file that is written says it all. */
const notTaken = (publisher: Publisher, failure: Failure): Fault =>
  failure.kind === 'file' ? { why: failure.why } : refused(publisher, failure)
