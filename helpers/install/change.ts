import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { folderOf } from '../../core/entry-path.ts'
import { type Lock, tryLock } from '../../core/lock.ts'
import { byCodeUnit } from '../../core/order.ts'
import { ok, type Result, refuse } from '../../core/result.ts'
import type { Candidate } from './candidate.ts'
import { databaseFolder, makeDatabase, readDatabase } from './database.ts'
import { desiredPackages } from './desired.ts'
import { failureOf, isFailure } from './failure.ts'
import { Folders } from './folders.ts'
import { type Direction, endChange, underWay } from './journal.ts'
import { DATABASE } from './layout.ts'
import { ownerProblems } from './owners.ts'
import { concernedPaths, leaving, type Plan, planChange } from './plan.ts'
import { isScriptDue, runPostInstalls } from './post-install.ts'
import type { InstallProblem } from './problem.ts'
import { type Installed, labelOf } from './record.ts'
import { finishChange } from './recover.ts'
import { stage } from './stage.ts'
import { type Facts, survey } from './survey.ts'
import { areOne } from './twins.ts'

export interface Wanted {
  readonly add: readonly Candidate[]
  readonly remove: readonly string[]
}

/** What was done, by NAME-VERSION-RELEASE. */
export interface Done {
  readonly came: readonly string[]
  readonly went: readonly string[]
  readonly kept: Plan['kept']
  /** Scripts of packages that failed; the packages are there all the same. */
  readonly unfinished?: readonly InstallProblem[]
}

type Answer<Value> = Result<Value, readonly InstallProblem[]>

/** What became of an earlier change that was found cut short. */
export type Earlier = 'completed' | 'taken back'

/**
 * Changes the packages of a root: all or nothing. First all is looked at, and everything that stands
 * against it is told; then all that comes is put beside; then it is moved to its places. An earlier change that was cut
 * short is ended before, and told whatever becomes of this one.
 */
export const changeRoot = (
  root: string,
  wanted: Wanted,
  tellEarlier: (earlier: Earlier) => void = () => {},
): Answer<Done> =>
  inRoot(root, wanted.add.length > 0, (real, folders) => {
    const direction = underWay(folders)
    if (direction !== undefined) {
      const finished = finishChange(real, folders, direction)
      if (finished.ok && direction === 'forward') tellEarlier('completed')
      else if (underWay(folders) === undefined) tellEarlier('taken back')
      if (!finished.ok) return finished
    }
    const done = change(real, folders, wanted)
    // Scripts of the earlier change are due, too.
    const scripts = done.ok || direction !== undefined ? runPostInstalls(real, folders) : ok(undefined)
    if (scripts.ok) return done
    return done.ok
      ? ok({ ...done.value, unfinished: scripts.error })
      : refuse([...done.error, ...scripts.error])
  })

/** Goes on with a change that was cut short, to its end or back to its beginning; answers which of them it was. */
export const resumeRoot = (root: string, direction: Direction): Answer<Direction> =>
  inRoot(root, false, (real, folders) => {
    const is = underWay(folders)
    const way = is === 'back' ? 'back' : direction
    if (is !== undefined || way === 'back' || !isScriptDue(folders)) {
      const finished = finishChange(real, folders, way)
      if (!finished.ok) return finished
    }
    const scripts = way === 'forward' ? runPostInstalls(real, folders) : ok(undefined)
    return scripts.ok ? ok(way) : scripts
  })

/** Only who installs makes a root of a folder. */
function inRoot<Value>(
  root: string,
  mayMake: boolean,
  use: (real: string, folders: Folders) => Answer<Value>,
): Answer<Value> {
  if (!mayMake && !existsSync(join(root, DATABASE))) return refuse([{ kind: 'no packages', root }])
  let folders: Folders | undefined
  // Of the lock alone: it goes from where it was put, whatever a script has put in the place of its folder.
  let locked: Folders | undefined
  let lock: Lock | undefined
  try {
    const real = makeDatabase(root)
    folders = new Folders(real)
    locked = new Folders(real)
    const taken = tryLock(databaseFolder(locked), { isBusy: true })
    if (!taken.ok) return refuse([{ kind: 'busy', root, pid: taken.error.pid }])
    lock = taken.value
    return use(real, folders)
  } catch (error) {
    if (!isFailure(error)) throw error
    return refuse([failureOf(error, root)])
  } finally {
    lock?.release()
    locked?.close()
    folders?.close()
  }
}

function change(root: string, folders: Folders, wanted: Wanted): Answer<Done> {
  const prepared = prepareChange(root, folders, wanted)
  if (!prepared.ok) return prepared
  const finished = finishChange(root, folders, 'forward')
  return finished.ok ? prepared : finished
}

/**
 * Looks, plans, and puts all that comes beside the root's files; the journal is there then, and
 * nothing else of the root was touched. Answers what the change does once it is carried out.
 */
export function prepareChange(root: string, folders: Folders, wanted: Wanted): Answer<Done> {
  const installed = readDatabase(folders)
  if (!installed.ok) return installed
  const desired = desiredPackages(installed.value, wanted)
  if (!desired.ok) return desired
  const facts = survey(folders, ['', ...concernedPaths(installed.value, desired.value)])
  const plan = planChange(installed.value, desired.value, facts)
  const problems = [
    ...ownerProblems(desired.value, (folder, name, other) => areOne(folders, folder, name, other)),
    ...(plan.ok
      ? diskProblems([...plan.value.steps, ...filesGoing(installed.value, desired.value)], facts)
      : plan.error),
  ]
  if (!plan.ok || problems.length > 0) return refuse(oneForEachPath(problems))

  const trees = new Map(wanted.add.map(({ name, tree }) => [name, tree]))
  try {
    stage(root, folders, plan.value, trees)
  } catch (error) {
    const failure = isFailure(error) ? failureOf(error, root) : undefined
    endChange(folders)
    if (failure) return refuse([failure])
    throw error
  }
  return ok(difference(installed.value, desired.value, plan.value))
}

/** In order of path. What has two owners need not be told to be in the way as well. */
function oneForEachPath(problems: readonly InstallProblem[]): readonly InstallProblem[] {
  const pathOf = (problem: InstallProblem): string => ('path' in problem ? problem.path : '')
  return problems
    .filter((one, index) => problems.findIndex(other => pathOf(other) === pathOf(one)) === index)
    .sort((a, b) => byCodeUnit(pathOf(a), pathOf(b)))
}

function difference(before: readonly Installed[], after: readonly Installed[], { kept }: Plan): Done {
  const came = after.filter(one => !before.includes(one)).map(labelOf)
  const went = before.filter(one => !after.some(({ name }) => name === one.name)).map(labelOf)
  return { came, went, kept }
}

/** A rename cannot lead from one file system to another, and the change's files are with the database. */
function diskProblems(things: readonly { readonly path: string }[], facts: Facts): readonly InstallProblem[] {
  const disk = diskOf(facts, '')
  const folders = new Set(things.map(({ path }) => folderOf(path)))
  return [...folders]
    .filter(path => (diskOf(facts, path) ?? disk) !== disk)
    .sort()
    .map(path => ({ kind: 'other disk', path }))
}

/** What a file system hides that was mounted above it seems to be gone, and would be forgotten. */
const filesGoing = (before: readonly Installed[], after: readonly Installed[]) =>
  leaving(before, after).flatMap(one => one.entries.filter(({ kind }) => kind !== 'folder'))

function diskOf(facts: Facts, path: string): number | undefined {
  const fact = facts.get(path)
  return fact?.kind === 'folder' ? fact.disk : undefined
}
