import { existsSync, rmSync } from 'node:fs'
import type { Sha256 } from '../../core/digest.ts'
import type { Key } from '../../core/key-file.ts'
import { quoted } from '../../core/message.ts'
import { NO_MODES } from '../../core/mode.ts'
import { ok, type Result, refuse } from '../../core/result.ts'
import { packagePath } from '../../core/store.ts'
import { isSystemError } from '../../core/system-error.ts'
import { readBuilt } from '../store/built.ts'
import { keepPackage } from '../store/keep.ts'
import { provenTree } from '../store/trees.ts'
import { identityAt } from '../tar/identity.ts'
import type { TarProblem } from '../tar/problem.ts'
import type { Failure } from './failure.ts'
import { incomingPath } from './incoming.ts'
import { keepStatements } from './provenance.ts'
import type { Statement } from './quorum.ts'
import { type Begun, type NoRoom, receive } from './receive.ts'

/**
 * Takes a package into the store from a place that has begun to give it, and believes nothing of it that was not proved.
 * With it are kept the statements for which it is believed.
 */
export async function take(
  store: string,
  key: Key,
  begun: Begun,
  statements: readonly Statement[],
): Promise<Result<void, Failure | NoRoom>> {
  let path: string | undefined
  try {
    path = incomingPath(store, key.hash)
    const received = await receive(begun, path)
    if (!received.ok) return received
    const proven = await provenTree(store, path, received.value.tar, key.setuid)
    if (!proven.ok) return refuse(unproven(proven.error, store))
    // One that is there was not taken from here, and nobody here speaks of it.
    if (!existsSync(packagePath(store, key.hash))) keepStatements(store, statements)
    const kept = keepPackage(store, key, path)
    if (typeof kept !== 'string') return refuse({ kind: 'disk', code: kept.code, folder: store })
    return kept === 'there' ? agreement(store, key, received.value.tar) : ok(undefined)
  } catch (error) {
    if (!isSystemError(error)) throw error
    return refuse({ kind: 'disk', code: error.code, folder: store })
  } finally {
    begun.close()
    if (path !== undefined) rmSync(path, { force: true })
  }
}

/** Of a package that came into the store while this one was on its way; that one stays. */
function agreement(store: string, { hash }: Key, tar: Sha256): Result<void, Failure> {
  const there = identityAt(packagePath(store, hash))
  if (there === undefined || there === tar) return ok(undefined)
  const who = readBuilt(store, hash) === there ? 'a build here' : 'another package of this key, in the store,'
  return refuse({ kind: 'lie', why: `${who} came out otherwise` })
}

function unproven(problem: TarProblem, store: string): Failure | NoRoom {
  switch (problem.kind) {
    case 'disk full':
      return { kind: 'disk', code: 'ENOSPC', folder: store }
    case 'no modes':
      return { kind: 'disk', code: NO_MODES, folder: store }
    case 'entry':
      return {
        kind: 'lie',
        why: `what no package of this key holds: ${quoted(problem.name)}: ${problem.why}`,
      }
    default:
      return { kind: 'lie', why: 'the package is not the tar that its record tells of' }
  }
}
