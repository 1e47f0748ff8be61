import { copyFileSync, existsSync, linkSync, rmSync } from 'node:fs'
import type { Env } from '../../core/env.ts'
import { readKey } from '../../core/key-file.ts'
import { formatMessage, type Message, quoted } from '../../core/message.ts'
import { ok, type Result, refuse } from '../../core/result.ts'
import { packagePath, storeRoot } from '../../core/store.ts'
import { withoutPassword } from '../http/url.ts'
import { disprovedClaim, disprovedPath, expectSame } from '../store/spot-check.ts'
import { Notes } from './notes.ts'
import { type Outcome, obtain } from './obtain.ts'
import { openPlaces } from './open-places.ts'
import { PATIENCE, type Patience } from './receive.ts'
import { dayOf } from './record.ts'
import { leftOut, type Wanted } from './search.ts'
import { readSettings, type Settings } from './settings.ts'
import { HERE, NOT_HERE, REFUSED } from './status.ts'
import { readTrust, trustPath } from './trust.ts'

/** How long all caches together may take to say whether they have a package. */
const RACE_MS = 3_000

/** How long one that has a package may keep it from the next one. */
const HEAD_START_MS = 1_000

/** How long caches are waited for; other times than ours are for tests. */
type Times = Patience & { readonly raceMs?: number; readonly headStartMs?: number }

/**
 * Takes a package from the caches that the environment names: `do-reuse HASHFILE OUT`, for which the
 * local store has been asked before. Answers its exit status: 0 OUT is there, 3 it is to be built, 2 it is
 * neither there nor may it be built, or the environment is not understood.
 */
export async function reuse(
  words: readonly string[],
  env: Env,
  write: (text: string) => void,
  patience: Times = PATIENCE,
): Promise<number> {
  const tell = (message: Message): void => write(`${formatMessage('do-reuse', message)}\n`)
  const [hashFile, out] = words
  if (hashFile === undefined || out === undefined || words.length > 2) {
    tell({ cannot: 'run', why: 'it needs two words', remedy: 'usage: do-reuse HASHFILE OUT' })
    return REFUSED
  }
  const settings = readSettings(env)
  const wanted = readWanted(hashFile)
  if (!settings.ok || !wanted.ok) {
    for (const one of [settings, wanted]) if (!one.ok) tell(one.error)
    return REFUSED
  }
  try {
    return await reuseWanted(wanted.value, settings.value, out, {
      env,
      store: storeRoot(env),
      tell,
      write,
      patience,
    })
  } catch (error) {
    // Of a disk, say. That of a bug has no code, or is node's for a wrong call.
    if ((error as NodeJS.ErrnoException).code === undefined || error instanceof TypeError) throw error
    tell({ cannot: `take ${wanted.value.name} from a package cache`, why: (error as Error).message })
    return settings.value.forceBinary ? REFUSED : NOT_HERE
  }
}

async function reuseWanted(wanted: Wanted, settings: Settings, out: string, around: Around): Promise<number> {
  const { store, tell, write } = around
  const outcome = await ask(wanted, settings, around)
  const short = wanted.key.hash.slice(0, 12)
  const label = `${wanted.name}-${wanted.version}`
  switch (outcome.kind) {
    case 'here': {
      const { place, builders } = outcome.claim
      if (!linkOrCopy(packagePath(store, wanted.key.hash), out)) {
        if (!settings.forceBinary) return NOT_HERE
        const said = [[place, 'it, and it was freed from the store at once']] as const
        tell(refusal(wanted, settings, { kind: 'not here', said }))
        return REFUSED
      }
      write(`reuse ${short} ${label} from ${place}, signed by ${builders.join(', ')}\n`)
      return HERE
    }
    case 'to be compared':
      expectSame(store, wanted.key.hash, outcome.claim)
      write(`spot check of ${label}: it is built, and compared with ${outcome.claim.place}\n`)
      return NOT_HERE
    case 'not here':
      if (!settings.forceBinary) return NOT_HERE
      tell(refusal(wanted, settings, outcome))
      return REFUSED
  }
}

interface Around {
  readonly env: Env
  readonly store: string
  readonly tell: (message: Message) => void
  readonly write: (text: string) => void
  readonly patience: Times
}

/** Asks those caches that may be asked; why one may not is told once a run. */
async function ask(wanted: Wanted, settings: Settings, around: Around): Promise<Outcome> {
  const { env, store, tell, patience } = around
  const notes = new Notes(env, store)
  const once = (message: Message): void => {
    if (notes.leave(formatMessage('', message))) tell(message)
  }
  const none = (what: string): Outcome => ({
    kind: 'not here',
    said: settings.urls.map(url => [withoutPassword(url), what] as const),
  })
  if (settings.urls.length === 0) return none('')
  const disproved = disprovedClaim(store, wanted.key.hash)
  if (disproved) {
    tell(disprovedMessage(wanted, disprovedPath(store, wanted.key.hash), disproved.builders))
    return none('not asked: a build here has disproved it')
  }
  const trusted = readTrust(trustPath(env))
  if (!trusted.ok) {
    once(trusted.error)
    return none('not asked: the trusted keys cannot be read')
  }
  if (trusted.value.length === 0) {
    once(nobody(trustPath(env)))
    return none('not asked: no key is trusted')
  }
  if (settings.forceBinary && settings.spotCheck > 0) once(unchecked)
  // Those are not even opened: a folder takes a process for that.
  const left = new Map(
    settings.urls.flatMap(url => {
      const why = notes.read(leftOut(url))
      return why === undefined ? [] : [[url, why]]
    }),
  )
  const opened = await openPlaces(
    settings.urls.filter(url => !left.has(url)),
    env,
  )
  for (const fault of opened.faults) once(fault.message)
  for (const problem of opened.places.flatMap(({ problems = [] }) => problems)) once(problem)
  const outcome = await obtain(wanted, {
    store,
    notes,
    tell,
    patience,
    keys: trusted.value,
    quorum: settings.quorum,
    spotCheck: settings.forceBinary ? 0 : settings.spotCheck,
    today: dayOf(Date.now()),
    patienceMs: patience.raceMs ?? RACE_MS,
    headStartMs: patience.headStartMs ?? HEAD_START_MS,
    places: opened.places,
  })
  if (outcome.kind !== 'not here') return outcome
  const before = [...left].map(([url, why]) => [url, `${why}, earlier in this run`] as const)
  const faults = opened.faults.map(({ url, why }) => [url, `nothing: ${why}`] as const)
  return { kind: 'not here', said: [...faults, ...before, ...outcome.said] }
}

/** The package that a key is of. */
function readWanted(hashFile: string): Result<Wanted, Message> {
  const bad = (why: string) => refuse({ cannot: `look up the package of ${quoted(hashFile)}`, why })
  const key = readKey(hashFile)
  if (!key?.ok) return bad(key?.error ?? 'there is no such file')
  const { name, version, release } = key.value
  return ok({ key: key.value, name, version: `${version}-${release}` })
}

/**
 * The same file under two names where it can be, a copy elsewhere; nobody writes into either. Answers whether it
 * was still there: a package that was just taken is in no use that `coolports cache gc` would know of.
 */
function linkOrCopy(kept: string, out: string): boolean {
  rmSync(out, { force: true })
  try {
    linkSync(kept, out)
    return true
  } catch {
    // By another file system, or gone.
  }
  try {
    copyFileSync(kept, out)
    return true
  } catch (error) {
    rmSync(out, { force: true })
    if (existsSync(kept)) throw error
    return false
  }
}

const nobody = (file: string): Message => ({
  cannot: 'use package caches',
  why: 'you trust nobody who signs packages',
  facts: [['trusted keys', existsSync(file) ? file : `${file} (there is no such file)`]],
  remedy: 'coolports trust add KEY names one; until then everything is built',
})

const unchecked: Message = {
  cannot: 'check what package caches give',
  why: 'PKG_FORCE_BINARY forbids the builds that PKG_CACHE_SPOT_CHECK asks for',
  remedy: 'all is taken unchecked; leave one of the two away',
}

const disprovedMessage = (
  { name, version, key }: Wanted,
  path: string,
  builders: readonly string[],
): Message => ({
  cannot: `take ${name}-${version} from a package cache`,
  why: `a build here came out otherwise than ${builders.join(', ')} signed`,
  facts: [
    ['pkghash', key.hash],
    ['told by', path],
  ],
  remedy: 'coolports challenge compares; remove the file to have caches asked again',
})

const refusal = (
  { name, version, key }: Wanted,
  { urls, quorum }: Settings,
  { said }: Outcome & { kind: 'not here' },
): Message => ({
  cannot: `have ${name}-${version}`,
  why: 'PKG_FORCE_BINARY forbids to build it, and no package cache gave it',
  facts: [['pkghash', key.hash], ...(quorum > 1 ? [['quorum', String(quorum)] as const] : []), ...said],
  remedy:
    urls.length === 0
      ? 'name caches in PKG_CACHE_URL, or leave PKG_FORCE_BINARY away to build it'
      : 'leave PKG_FORCE_BINARY away to build it',
})
