import { existsSync, rmSync } from 'node:fs'
import type { Sha256 } from '../../core/digest.ts'
import { quoted } from '../../core/message.ts'
import { ok, type Result, refuse } from '../../core/result.ts'
import { packagePath } from '../../core/store.ts'
import { isSystemError } from '../../core/system-error.ts'
import { readBuilt } from '../store/built.ts'
import { type Key, keepPackage } from '../store/keep.ts'
import { provenTree } from '../store/trees.ts'
import { identityAt } from '../tar/identity.ts'
import type { TarProblem } from '../tar/problem.ts'
import type { Failure } from './failure.ts'
import { incomingPath } from './incoming.ts'
import type { Notes } from './notes.ts'
import { keepStatements } from './provenance.ts'
import type { Statement } from './quorum.ts'
import type { Word } from './race.ts'
import { type NoRoom, type Patience, receive, type Waiting } from './receive.ts'

export interface Taking extends Waiting {
  readonly store: string
  readonly notes: Notes
  readonly patience: Patience
  /** Nobody else can be asked for it after this one. */
  readonly isLast: boolean
}

/**
 * Takes a package into the store from a place that has it, and believes nothing of it that was not proved. With it are
 * kept the statements for which it is believed, those of others too.
 */
export async function take(
  key: Key,
  { place, statements: own }: Word,
  statements: readonly Statement[],
  taking: Taking,
): Promise<Result<void, Failure | NoRoom>> {
  const { store, notes, signal } = taking
  let path: string
  try {
    path = incomingPath(store, key.hash)
  } catch (error) {
    return refuse({
      kind: 'disk',
      code: (error as NodeJS.ErrnoException).code ?? String(error),
      folder: store,
    })
  }
  try {
    const received = await receive(
      place,
      own.map(({ record }) => record),
      path,
      patienceOf(taking),
      taking,
    )
    if (!received.ok) {
      if (['slow', 'stalled'].includes(received.error.kind)) notes.leave(KEPT_WAITING)
      return received
    }
    if (signal.aborted) return refuse({ kind: 'absent' })
    const proven = await provenTree(store, path, received.value.tar, key.setuid)
    if (!proven.ok) {
      if (proven.error.kind === 'disk full') return refuse({ kind: 'disk', code: 'ENOSPC', folder: store })
      return refuse({ kind: 'lie', why: lie(proven.error) })
    }
    // One that is there was not taken from here, and nobody here speaks of it.
    if (!existsSync(packagePath(store, key.hash))) keepStatements(store, statements)
    const kept = keepPackage(store, key, path)
    if (kept === 'no room') return refuse({ kind: 'disk', code: 'ENOSPC', folder: store })
    return kept === 'there' ? agreement(store, key, received.value.tar) : ok(undefined)
  } catch (error) {
    if (!isSystemError(error)) throw error
    return refuse({ kind: 'disk', code: error.code, folder: store })
  } finally {
    rmSync(path, { force: true })
  }
}

/** The note that one of the caches of this run kept it waiting for a package that it has. */
const KEPT_WAITING = 'kept waiting'

/**
 * Several caches that do would else cost all of our patience each, one after the other. Without the last one that is
 * left the package has to be built, which may take hours: that one may begin as late as any.
 */
function patienceOf({ notes, patience, isLast }: Taking): Patience {
  if (notes.read(KEPT_WAITING) === undefined) return patience
  return {
    ...patience,
    firstByteMs: isLast ? patience.firstByteMs : patience.firstByteMs * HURRY,
    idleMs: patience.idleMs * HURRY,
    leastBytes: patience.leastBytes * HURRY,
  }
}

const HURRY = 0.3

/** Of a package that came into the store while this one was on its way; that one stays. */
function agreement(store: string, { hash }: Key, tar: Sha256): Result<void, Failure> {
  const there = identityAt(packagePath(store, hash))
  if (there === undefined || there === tar) return ok(undefined)
  const who = readBuilt(store, hash) === there ? 'a build here' : 'another package of this key, in the store,'
  return refuse({ kind: 'lie', why: `${who} came out otherwise` })
}

const lie = (problem: TarProblem): string =>
  problem.kind === 'entry'
    ? `what no package of this key holds: ${quoted(problem.name)}: ${problem.why}`
    : 'the package is not the tar that its record tells of'
