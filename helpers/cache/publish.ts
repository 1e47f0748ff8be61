import { createHash } from 'node:crypto'
import { createReadStream, statSync, writeFileSync } from 'node:fs'
import { open, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { Sha256 } from '../../core/digest.ts'
import { PACKAGE_FILE } from '../../core/name.ts'
import { ok, type Result, refuse } from '../../core/result.ts'
import { packagePath } from '../../core/store.ts'
import type { ClosureMember } from '../export/closure.ts'
import { identityAt } from '../tar/identity.ts'
import { tarDigest } from '../tar/unpack.ts'
import { Broken, describe, type Failure } from './failure.ts'
import { type SecretKey, signText } from './minisign.ts'
import { packageName, recordName, signatureName } from './names.ts'
import type { Place, Publisher } from './place.ts'
import { type Kept, originOf } from './provenance.ts'
import { type CacheRecord, type Member, recordText } from './record.ts'

export interface Publishing {
  readonly publisher: Publisher
  /** The same place for reading: what is there already is not replaced. */
  readonly place: Place
  readonly key: SecretKey
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
  /** Somebody else's package of this key is there, and it is another one. Ours was not put there; our word was. */
  | { readonly kind: 'disputed'; readonly theirs: Sha256 }

/** Why a package was not added; the end of a sentence. */
export interface Fault {
  readonly why: string
  readonly remedy?: string
}

/** Adds a package to a cache: first its bytes, then the signature, then the record, by which it is found. */
export async function publish(
  member: ClosureMember,
  closure: readonly Member[],
  run: Publishing,
): Promise<Result<Added, Fault>> {
  const { publisher, store, key, expires } = run
  const tar = await tarDigest(member.file)
  if (!tar.ok || tar.value !== member.tar) return refuse({ why: 'its file is damaged' })
  const origin = originOf(store, member.pkghash, tar.value)
  if (origin.kind === 'unknown') return refuse(unknown(member, store))
  const there = await whatIsThere(member.pkghash, run)
  if (!there.ok) return there
  if (there.value === undefined) {
    const put = await publisher.put(packageName(member.pkghash), member.file)
    if (!put.ok) return refuse(refused(publisher, put.error))
  }
  const agreed = there.value === undefined || there.value.tar === member.tar
  const ours = { gz: await digestOf(member.file), size: statSync(member.file).size }
  const record: CacheRecord = {
    name: member.name,
    version: member.version,
    hash: member.pkghash,
    tar: member.tar,
    ...(there.value && agreed ? { gz: there.value.gz, size: there.value.size } : ours),
    closure,
    builder: key.public.id,
    ...(expires === undefined ? {} : { expires }),
  }
  const statements = origin.kind === 'built here' ? [sign(record, key)] : origin.kept
  for (const one of statements) {
    const put = await putStatement(one, run)
    if (!put.ok) return put
  }
  if (there.value && !agreed) return ok({ kind: 'disputed', theirs: there.value.tar })
  return ok(
    origin.kind === 'built here' ? { kind: 'signed' } : { kind: 'passed on', builders: statements.length },
  )
}

function sign(record: CacheRecord, key: SecretKey): Kept {
  const text = recordText(record)
  const comment = `coolports package ${record.name} ${record.version}`
  return { record, text, signature: signText(key, text, comment) }
}

/** The record, by which it is found, comes after its signature. */
async function putStatement(
  { record, text, signature }: Kept,
  { publisher, scratch }: Publishing,
): Promise<Result<void, Fault>> {
  const files = [
    [signatureName(record.hash, record.builder), signature],
    [recordName(record.hash, record.builder), text],
  ] as const
  for (const [name, bytes] of files) {
    const path = join(scratch, name)
    writeFileSync(path, bytes)
    const put = await publisher.put(name, path)
    await rm(path)
    if (!put.ok) return refuse(refused(publisher, put.error))
  }
  return ok(undefined)
}

/** A signature means "I built this", so it is not given to what may have been downloaded. */
function unknown({ name, pkghash, tar }: ClosureMember, store: string): Fault {
  const again = 'to have it built, or taken, again'
  const kept = packagePath(store, pkghash)
  return {
    why: 'nobody knows where it came from: this store neither built it nor has what was said of it',
    remedy:
      identityAt(kept) === tar
        ? `remove pkg/${name}/${PACKAGE_FILE} and ${kept} ${again}`
        : `remove pkg/${name}/${PACKAGE_FILE} ${again}`,
  }
}

interface There {
  readonly tar: Sha256
  readonly gz: Sha256
  readonly size: number
}

/** The package of this key that the place has; undefined if none, or none that can be read, which is replaced. */
async function whatIsThere(
  hash: Sha256,
  { place, scratch }: Publishing,
): Promise<Result<There | undefined, Fault>> {
  const opened = await place.open(packageName(hash), new AbortController().signal)
  if (!opened.ok) {
    // A folder that is made with its first file.
    const isNew = opened.error.kind === 'absent' || opened.error.kind === 'no folder'
    return isNew ? ok(undefined) : refuse(refused(place, opened.error))
  }
  const path = join(scratch, 'there')
  const file = await open(path, 'w')
  const gz = createHash('sha256')
  let size = 0
  try {
    for await (const chunk of opened.value.bytes) {
      for (let done = 0; done < chunk.length; )
        done += (await file.write(chunk, done, chunk.length - done)).bytesWritten
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

async function digestOf(file: string): Promise<Sha256> {
  const hash = createHash('sha256')
  for await (const chunk of createReadStream(file, { highWaterMark: 1 << 20 }))
    hash.update(chunk as Uint8Array)
  return hash.digest('hex') as Sha256
}

const refused = ({ name }: { readonly name: string }, failure: Failure): Fault => ({
  why: `${name} gave ${describe(failure)}`,
})
