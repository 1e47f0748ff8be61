import { closeSync, openSync, statSync } from 'node:fs'
import type { Env } from '../../core/env.ts'
import { type JobserverPlace, jobserverIn, jobserverPlace } from '../../core/makeflags.ts'

/** How many jobs a build may run: what its MAKEFLAGS says, and the descriptors which that speaks of. */
interface Jobs {
  readonly makeflags?: string
  /** To be 3, 4, … of the build; none, or two. */
  readonly fds: readonly number[]
}

/** A build shares the jobserver that this process was given; without one it runs on its own, one job at a time. */
export function joinJobs(env: Env): Jobs {
  // goredo has a variable of its own too.
  const place = jobserverIn(env.MAKEFLAGS ?? '') ?? jobserverPlace(env.REDO_JS_FD ?? '')
  const fds = place && openJobserver(place, env)
  if (fds) return { makeflags: ' -j --jobserver-auth=3,4', fds }
  const makeflags = soloFlags(env)
  return { fds: [], ...(makeflags ? { makeflags } : {}) }
}

/**
 * Opens both ends anew, so that nobody's descriptors or modes are shared but the tokens. A place
 * that is stale, closed or no pipe counts as no jobserver at all, for then the build is merely
 * serial. `COOLPORTS_PIPES` is the door's list of the pipes it inherited: node has pipes of its
 * own, and handing one of those to a build must not happen. `COOLPORTS_DESCRIPTORS` is the folder of
 * the caller's descriptors where this process works for another one and has inherited none.
 */
export function openJobserver(
  place: JobserverPlace,
  env: Env,
): readonly [read: number, write: number] | undefined {
  if (place.kind === 'fifo') return openEnds(place.path, place.path)
  const inherited = env.COOLPORTS_PIPES?.split(' ')
  if (inherited && ![place.read, place.write].every(fd => inherited.includes(String(fd)))) return undefined
  const descriptors = env.COOLPORTS_DESCRIPTORS || '/proc/self/fd'
  return openEnds(`${descriptors}/${place.read}`, `${descriptors}/${place.write}`)
}

function openEnds(...paths: readonly [string, string]): readonly [number, number] | undefined {
  const [read, write] = [openPipe(paths[0]), openPipe(paths[1])]
  if (read !== undefined && write !== undefined) return [read, write]
  for (const fd of [read, write]) if (fd !== undefined) closeSync(fd)
  return undefined
}

function openPipe(path: string): number | undefined {
  try {
    if (!statSync(path).isFIFO()) return undefined
    // For both directions: neither end waits for the other then.
    return openSync(path, 'r+')
  } catch {
    return undefined
  }
}

/** MAKEFLAGS for a build without a jobserver: serial, unless COOLPORTS_JOBS is a number of jobs. */
export const soloFlags = (env: Env): string | undefined =>
  /^[1-9]\d{0,3}$/.test(env.COOLPORTS_JOBS ?? '') ? ` -j${env.COOLPORTS_JOBS}` : undefined
