import { foldersOf } from '../../core/entry-path.ts'
import { byCodeUnit } from '../../core/order.ts'
import { ok, type Result, refuse } from '../../core/result.ts'
import type { Step } from './journal.ts'
import { besidePath, FOLDER_MODE, isSetting, recordPath } from './layout.ts'
import type { InstallProblem } from './problem.ts'
import {
  type Installed,
  type Owned,
  type OwnedFile,
  type OwnedFolder,
  type OwnedSymlink,
  recordText,
} from './record.ts'
import type { Fact, Facts } from './survey.ts'

/** A file or a symlink; its package's name and its path there lead to its content. */
export type Content = OwnedFile | OwnedSymlink

/** What comes to a path: a thing of a package, or a record. */
export type Coming =
  | { readonly kind: 'content'; readonly from: string; readonly content: Content }
  | { readonly kind: 'record'; readonly text: string }

export interface Plan {
  readonly steps: readonly Step[]
  /** What the steps put into place, by number. */
  readonly coming: readonly Coming[]
  /** Settings that stay as somebody edited them. */
  readonly kept: readonly Kept[]
}

interface Kept {
  readonly path: string
  /** Where the package's own version stands, if it has a new one. */
  readonly beside?: string
  /** Somebody edited that one, too: it stays, and what is newer is not written. */
  readonly isBesideEdited?: true
}

/** What stands in the root by the database, without the folders. */
interface Before {
  readonly owner: Installed
  readonly content: Content
}

/**
 * The way from the packages of a root to other ones. Everything that is in the way is told, and
 * nothing is touched. Facts are needed of `concernedPaths`.
 */
export function planChange(
  installed: readonly Installed[],
  desired: readonly Installed[],
  facts: Facts,
): Result<Plan, readonly InstallProblem[]> {
  const planner = new Planner(installed, desired, facts)
  return planner.plan()
}

/** The packages that differ, and each path of theirs, where something else may stand now. */
export function concernedPaths(
  installed: readonly Installed[],
  desired: readonly Installed[],
): ReadonlySet<string> {
  const paths = new Set<string>()
  for (const one of [...leaving(installed, desired), ...coming(installed, desired)]) {
    for (const entry of one.entries) {
      paths.add(entry.path)
      if (entry.kind !== 'folder' && isSetting(entry.path)) paths.add(entry.beside ?? besidePath(entry.path))
    }
  }
  return paths
}

/** Of the packages that are there, those that go or are replaced. */
export const leaving = (
  installed: readonly Installed[],
  desired: readonly Installed[],
): readonly Installed[] => installed.filter(one => !desired.includes(one))

/** Of the packages that are to be there, those that come, be it in place of themselves. */
const coming = (installed: readonly Installed[], desired: readonly Installed[]): readonly Installed[] =>
  desired.filter(one => !installed.includes(one))

class Planner {
  readonly #installed: readonly Installed[]
  readonly #leaving: readonly Installed[]
  readonly #coming: readonly Installed[]
  readonly #facts: Facts
  /** By path: what is there by the database, for all packages. */
  readonly #before = new Map<string, Before>()
  readonly #foldersBefore = new Map<string, boolean>()
  /** By path: all that is to be there in the end. */
  readonly #after = new Map<string, 'folder' | 'content'>()

  readonly #problems: InstallProblem[] = []
  readonly #comingThings: Coming[] = []
  readonly #kept: Kept[] = []
  /** Paths that change their kind are cleared first; all others are taken away last. */
  readonly #first: Step[] = []
  /** The folders to be made, in order. */
  readonly #folders = new Set<string>()
  readonly #mended = new Set<string>()
  readonly #contents: Step[] = []
  readonly #records: Step[] = []
  readonly #last: Step[] = []
  #numbers = 0

  constructor(installed: readonly Installed[], desired: readonly Installed[], facts: Facts) {
    this.#installed = installed
    this.#leaving = leaving(installed, desired)
    this.#coming = coming(installed, desired)
    this.#facts = facts
    for (const owner of installed) {
      for (const entry of owner.entries) {
        if (entry.kind === 'folder')
          this.#foldersBefore.set(entry.path, entry.found || (this.#foldersBefore.get(entry.path) ?? false))
        else this.#before.set(entry.path, { owner, content: entry })
      }
    }
    for (const { entries } of desired) {
      for (const { path, kind } of entries) this.#after.set(path, kind === 'folder' ? 'folder' : 'content')
    }
  }

  plan(): Result<Plan, readonly InstallProblem[]> {
    const records = this.#coming.map(one => ({
      ...one,
      entries: one.entries.map(entry => this.#come(one, entry)),
    }))
    const besides = new Set(
      records.flatMap(({ entries }) =>
        entries.flatMap(entry => (entry.kind === 'folder' ? [] : (entry.beside ?? []))),
      ),
    )
    this.#takeAway(besides)
    if (this.#problems.length > 0) return refuse(this.#problems)
    for (const one of records) this.#record(one)
    for (const { name } of this.#leaving) {
      if (!records.some(one => one.name === name))
        this.#records.push({ kind: 'take away', path: recordPath(name), number: this.#number() })
    }
    const folders = [...this.#folders].map((path): Step => ({ kind: 'make folder', path }))
    const mended = [...this.#mended].map((path): Step => ({ kind: 'mend folder', path }))
    // Folders are mended before anything else: it may be that nothing can be put into them, or taken out.
    const steps = [...mended, ...this.#first, ...folders, ...this.#contents, ...this.#records, ...this.#last]
    return ok({ steps, coming: this.#comingThings, kept: this.#kept })
  }

  /** Decides of one path of a package that comes; answers with what its record is to say. */
  #come(one: Installed, entry: Owned): Owned {
    const fact = this.#fact(entry.path)
    if (entry.kind === 'folder') return this.#comeFolder(one, entry.path, fact)
    const { beside: _, ...content } = entry
    if (fact.kind === 'absent') {
      // Where a folder on the way is something else, that is told of the folder.
      this.#put(one, content, 'place')
      return content
    }
    const before = this.#before.get(entry.path)
    const by = isSetting(entry.path) ? undefined : one.by
    if (isAsRecorded(fact, content, by) && (before || isSetting(entry.path))) return content
    if (fact.kind === 'special' || (fact.kind === 'folder' && !this.#isVacated(entry.path))) {
      this.#inTheWay(one, entry.path, fact)
      return content
    }
    if (fact.kind === 'folder') {
      this.#put(one, content, 'place')
      return content
    }
    if (isSetting(entry.path) && !(before && isAsRecorded(fact, before.content)))
      return this.#keepEdited(one, content, before?.content)
    if (before) this.#put(one, content, 'replace')
    else this.#inTheWay(one, entry.path, fact)
    return content
  }

  #comeFolder(one: Installed, path: string, fact: Fact): Owned {
    const before = this.#foldersBefore.get(path)
    if (fact.kind === 'folder') {
      const entry: OwnedFolder = { kind: 'folder', path, found: before ?? true }
      // Only root can take a folder from somebody else.
      if (folderDeviation(fact, entry, one.by) && (one.by === 0 || one.by === fact.uid))
        this.#mended.add(path)
      return entry
    }
    if (fact.kind === 'absent' || this.#isTaken(path, fact)) this.#folders.add(path)
    else this.#inTheWay(one, path, fact)
    return { kind: 'folder', path, found: false }
  }

  /** Somebody edited this file of /etc, or put it there. It stays; the package's, if it is a new one, stands beside it. */
  #keepEdited(one: Installed, content: Content, before: Content | undefined): Content {
    const { path } = content
    const isKnown = before !== undefined && isEqual(before, content)
    // Who took the one beside away is done with it.
    const isBeside = before?.beside !== undefined && this.#fact(before.beside).kind !== 'absent'
    if (isKnown && !isBeside) {
      this.#kept.push({ path })
      return content
    }
    const beside = besidePath(path)
    const put = { ...content, beside }
    const fact = this.#fact(beside)
    const isOurs = before?.beside === beside
    const isEdited = isOurs && fact.kind !== 'absent' && !isAsRecorded(fact, before)
    // Another package has that name, so the edited one has to go.
    if (!isOurs && this.#after.has(beside)) this.#inTheWay(one, path, this.#fact(path))
    else if (isAsRecorded(fact, content)) this.#kept.push({ path, beside })
    else if (isEdited) this.#kept.push({ path, beside, isBesideEdited: true })
    else {
      this.#kept.push({ path, beside })
      if (fact.kind === 'absent') this.#put(one, content, 'place', beside)
      else if (isOurs) this.#put(one, content, 'replace', beside)
      else this.#inTheWay(one, beside, fact)
    }
    return put
  }

  #put(one: Installed, content: Content, kind: 'place' | 'replace', path = content.path): void {
    const number = this.#number()
    this.#comingThings[number] = { kind: 'content', from: one.name, content }
    this.#contents.push({ kind, path, number })
  }

  #record(one: Installed): void {
    const number = this.#number()
    this.#comingThings[number] = { kind: 'record', text: recordText(one) }
    const isThere = this.#installed.some(({ name }) => name === one.name)
    this.#records.push({ kind: isThere ? 'replace' : 'place', path: recordPath(one.name), number })
  }

  /** What the packages that leave had, and no other has. */
  #takeAway(besides: ReadonlySet<string>): void {
    const folders = new Set<string>()
    for (const { entries } of this.#leaving) {
      for (const entry of entries) {
        const after = this.#after.get(entry.path)
        if (entry.kind === 'folder') {
          if (after !== 'folder') folders.add(entry.path)
          continue
        }
        if (after !== 'content') this.#takeContent(entry)
        const { beside } = entry
        if (beside !== undefined && !besides.has(beside) && isAsRecorded(this.#fact(beside), entry))
          this.#take(beside, false)
      }
    }
    for (const path of [...folders].sort(byCodeUnit).reverse()) {
      const fact = this.#fact(path)
      // What is gone, or something else now, is not to be made when the change is taken back.
      if (this.#foldersBefore.get(path) || fact.kind !== 'folder') continue
      const steps = this.#after.has(path) || this.#isBelowCleared(path) ? this.#first : this.#last
      steps.push({ kind: 'remove folder', path, mode: fact.mode, owner: { uid: fact.uid, gid: fact.gid } })
    }
  }

  #takeContent(entry: Content): void {
    const fact = this.#fact(entry.path)
    if (fact.kind !== 'file' && fact.kind !== 'symlink') return
    if (this.#isTaken(entry.path, fact))
      this.#take(entry.path, this.#after.has(entry.path) || this.#isBelowCleared(entry.path))
    else this.#kept.push({ path: entry.path })
  }

  /** Whether what stands there is a package's to be taken away, and was not edited below /etc. */
  #isTaken(path: string, fact: Fact): boolean {
    const before = this.#before.get(path)
    return before !== undefined && !(isSetting(path) && !isAsRecorded(fact, before.content))
  }

  #take(path: string, first: boolean): void {
    const steps = first ? this.#first : this.#last
    steps.push({ kind: 'take away', path, number: this.#number() })
  }

  /** Whether the path lies in a folder in whose place a file or a symlink comes. */
  #isBelowCleared(path: string): boolean {
    return foldersOf(path).some(folder => this.#after.get(folder) === 'content')
  }

  /** Whether a folder holds nothing but what goes. */
  #isVacated(path: string): boolean {
    const fact = this.#facts.get(path)
    // Nobody looked at what no package knows.
    if (this.#foldersBefore.get(path) !== false || fact?.kind !== 'folder') return false
    return fact.names.every(name => {
      const below = `${path}/${name}`
      const there = this.#facts.get(below)
      if (there?.kind === 'folder') return this.#isVacated(below)
      return there !== undefined && !this.#after.has(below) && this.#isTaken(below, there)
    })
  }

  #fact(path: string): Fact {
    return this.#facts.get(path) ?? { kind: 'absent' }
  }

  #number(): number {
    return this.#numbers++
  }

  #inTheWay({ name }: Installed, path: string, fact: Fact): void {
    const owner = this.#before.get(path)?.owner.name
    this.#problems.push({
      kind: 'in the way',
      path,
      name,
      what: fact.kind,
      ...(owner === undefined ? {} : { owner }),
    })
  }
}

/**
 * Whether what stands somewhere is what a record says. The owner may have changed its permissions alone, too. `by`: whose a
 * file has to be, if that is of importance.
 */
export const isAsRecorded = (fact: Fact | undefined, content: Content, by?: number): boolean =>
  content.kind === 'symlink'
    ? fact?.kind === 'symlink' && fact.target === content.target
    : fact?.kind === 'file' &&
      fact.sha256 === content.sha256 &&
      fact.mode === content.mode &&
      (by === undefined || fact.uid === by)

/** How a folder differs from what packages made. One that was found is as its owner likes, and so is a sticky one. */
export function folderDeviation(
  fact: Fact & { readonly kind: 'folder' },
  { path, found }: OwnedFolder,
  by: number | undefined,
): 'owner' | 'mode' | undefined {
  if (found || isSetting(path)) return undefined
  if (by !== undefined && fact.uid !== by) return 'owner'
  return fact.mode === FOLDER_MODE || (fact.mode & STICKY) !== 0 ? undefined : 'mode'
}

const STICKY = 0o1000

const isEqual = (one: Content, other: Content): boolean =>
  one.kind === 'symlink'
    ? other.kind === 'symlink' && one.target === other.target
    : other.kind === 'file' && one.sha256 === other.sha256
