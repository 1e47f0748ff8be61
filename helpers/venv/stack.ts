import { existsSync, readFileSync, realpathSync } from 'node:fs'
import { join } from 'node:path'
import { ok, type Result, refuse } from '../../core/result.ts'
import type { Layer } from './layer.ts'
import type { VenvProblem } from './problem.ts'
import { readRecord, type VenvRecord } from './record.ts'

/** A venv as it is now. */
interface Venv extends VenvRecord {
  /** The folder of its state. */
  readonly state: string
}

/** Reads the venv in a folder, by whatever path it is named. */
export function readVenv(folder: string): Result<Venv, VenvProblem> {
  const current = join(folder, '.venv/current')
  if (!existsSync(join(current, 'packages'))) {
    return refuse({ kind: 'not a venv', folder, why: 'it has no .venv/current/packages' })
  }
  const state = realpathSync(current)
  const record = readRecord(readFileSync(join(state, 'packages'), 'utf8'), state)
  return record
    ? ok({ ...record, state })
    : refuse({ kind: 'not a venv', folder, why: 'its list of packages is damaged' })
}

/**
 * The layers of a venv that another one, in the folder `place`, is to stand upon: all of them a level
 * lower. It must not stand upon `place` itself, however far below.
 */
export function stackLayers(
  folder: string,
  place: string,
): Result<{ readonly state: string; readonly layers: readonly Layer[] }, VenvProblem> {
  const trail = [place]
  for (let next: string | undefined = folder; next !== undefined; ) {
    const here = existsSync(next) ? realpathSync(next) : next
    trail.push(here)
    // Far below there may be none any more: each venv has the layers of all that it stands upon.
    if (trail.indexOf(here) < trail.length - 1) return refuse({ kind: 'circle', trail })
    const below = readVenv(here)
    next = below.ok ? below.value.request.stack : undefined
  }
  const venv = readVenv(folder)
  if (!venv.ok) return venv
  const { state, layers } = venv.value
  const gone = layers.find(layer => !existsSync(layer.path))
  if (gone) return refuse({ kind: 'store gone', folder, tree: gone.path })
  return ok({ state, layers: layers.map(layer => ({ ...layer, level: layer.level + 1 })) })
}
