import { existsSync, lstatSync, readdirSync, realpathSync, statSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { foldersOf } from '../../core/entry-path.ts'
import { makeFolder } from '../../core/folders.ts'
import { byCodeUnit } from '../../core/order.ts'
import { ok, type Result, refuse } from '../../core/result.ts'
import { generationsOf, hasGenerations, rootIn } from './current.ts'
import { failureOf, isFailure } from './failure.ts'
import { Folders, NoFolder } from './folders.ts'
import { underWay } from './journal.ts'
import { DATABASE, RECORDS } from './layout.ts'
import { readOwnFile } from './own-file.ts'
import type { InstallProblem } from './problem.ts'
import { type Installed, parseRecord } from './record.ts'

/** What is installed in a root, sorted by name, and whether a change of it was cut short. */
export interface Contents {
  readonly packages: readonly Installed[]
  readonly isUnderWay: boolean
}

/** Opens a root, or the current one of its generations, reads its database, and hands both on. Nothing is changed. */
export function readRoot<Value>(
  root: string,
  use: (contents: Contents, folders: Folders) => Result<Value, readonly InstallProblem[]>,
): Result<Value, readonly InstallProblem[]> {
  let folders: Folders | undefined
  try {
    if (!isFolder(root)) return refuse([{ kind: 'no root', root }])
    const { all, current } = hasGenerations(root) ? generationsOf(root) : { all: [] }
    if (all.length > 0 && current === undefined) return refuse([{ kind: 'no current', root, all }])
    folders = new Folders(realpathSync(rootIn(root)))
    if (!existsSync(folders.at(DATABASE))) return refuse([{ kind: 'no packages', root }])
    const packages = readDatabase(folders)
    if (!packages.ok) return packages
    return use({ packages: packages.value, isUnderWay: underWay(folders) !== undefined }, folders)
  } catch (error) {
    if (error instanceof NoFolder)
      return refuse([error.absent ? { kind: 'no packages', root } : { kind: 'no folder', path: error.path }])
    if (isFailure(error)) return refuse([failureOf(error, root)])
    throw error
  } finally {
    folders?.close()
  }
}

const isFolder = (path: string): boolean => statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false

/** Makes the root and the folders of its database where they are missing; answers with the root's real path. */
export function makeDatabase(root: string): string {
  // One folder, not its parents too: below /proc node would try for ever.
  if (!existsSync(root)) {
    makeFolder(resolve(root))
  }
  const real = realpathSync(root)
  const folders = new Folders(real)
  try {
    for (const path of [...foldersOf(RECORDS), RECORDS]) {
      const full = folders.at(path)
      if (!existsSync(full)) makeFolder(full)
    }
    // A symlink in place of the last of them is found here.
    folders.at(`${RECORDS}/x`)
    return real
  } finally {
    folders.close()
  }
}

/** All records. All that are damaged are told. */
export function readDatabase(folders: Folders): Result<readonly Installed[], readonly InstallProblem[]> {
  const packages: Installed[] = []
  const problems: InstallProblem[] = []
  if (!existsSync(folders.at(RECORDS))) return ok([])
  for (const name of readdirSync(folders.at(RECORDS)).sort(byCodeUnit)) {
    if (!name.endsWith('.rec')) continue
    const file = `${RECORDS}/${name}`
    const text = readOwnFile(folders, file)
    const by = lstatSync(folders.at(file), { throwIfNoEntry: false })?.uid
    // Who only reads holds no lock: a change may have taken it away by now.
    if (text === undefined || by === undefined) continue
    const read = parseRecord(text)
    if (!read.ok) problems.push({ kind: 'damaged', file, ...read.error })
    else if (`${read.value.name}.rec` !== name)
      problems.push({ kind: 'damaged', file, line: 1, why: `it is the record of ${read.value.name}` })
    else packages.push({ ...read.value, by })
  }
  return problems.length > 0 ? refuse(problems) : ok(packages)
}

/**
 * The folder of the database, for its lock: by a descriptor that is open until `folders` is closed, or used
 * for another path.
 */
export const databaseFolder = (folders: Folders): string => dirname(folders.at(`${DATABASE}/lock`))
