import { spawnSync } from 'node:child_process'
import {
  existsSync,
  lstatSync,
  readdirSync,
  realpathSync,
  renameSync,
  type Stats,
  symlinkSync,
} from 'node:fs'
import { join } from 'node:path'
import { makeFolder, makeFolders } from '../../core/folders.ts'
import { findProgram } from '../../core/missing.ts'
import { isLeft, OLD, parsePart, partOf } from '../../core/part.ts'
import { targetIfReadable } from '../../core/readable.ts'
import { removeTree } from '../../core/remove.ts'
import { ok, type Result, refuse } from '../../core/result.ts'
import type { VenvProblem } from './problem.ts'

/*
 * The folder of a venv:
 *
 *     .venv/ID/          a state: never changed, named by a digest of what it says
 *     .venv/current      a symlink to the state that holds; a rename changes the whole venv in one step
 *     bin, root, packages    symlinks to those of the current state
 */
const NAMES = ['bin', 'root', 'packages']
const CURRENT = 'current'

/** The name of a state. */
const STATE = /^[0-9a-f]{16}$/

/** Makes a folder one for a venv, unless it holds something else. */
export function openPlace(place: string): Result<void, VenvProblem> {
  makeFolders(place)
  const why = foreign(place)
  if (why !== undefined) return refuse({ kind: 'not a venv', folder: place, why })
  makeFolders(join(place, '.venv'))
  return ok(undefined)
}

/** Why a folder is none for a venv. Others, such as Python, have venvs and folders of these names as well. */
function foreign(place: string): string | undefined {
  if ([place, realpathSync(place)].some(path => path.includes(':')))
    return 'there is a colon in its path, which PATH takes for the end of a folder'
  const names = readdirSync(place)
  if (names.length > 0 && !names.includes('.venv')) return 'it holds something else'
  if (names.includes('.venv') && !isOwn(join(place, '.venv'))) return 'its .venv is not one of coolports'
  const taken = NAMES.find(name => {
    const there = lstatSync(join(place, name), { throwIfNoEntry: false })
    return there && targetIfReadable(join(place, name)) !== target(name)
  })
  return taken === undefined ? undefined : `its ${taken} is not of a venv`
}

/** Whether a state of ours is the current one there, or nothing but what a bin/venv leaves that was killed. */
function isOwn(folder: string): boolean {
  if (!lstatSync(folder).isDirectory()) return false
  if (STATE.test(targetIfReadable(join(folder, CURRENT)) ?? '')) return true
  return readdirSync(folder, { withFileTypes: true }).every(
    one => parsePart(one.name) !== undefined || (one.isDirectory() && STATE.test(one.name)),
  )
}

const target = (name: string): string => `.venv/${CURRENT}/${name}`

export const statePath = (place: string, id: string): string => join(place, '.venv', id)

/** A folder for a state in the making. */
export function openState(place: string): string {
  const part = partOf(join(place, '.venv', 'state'))
  makeFolder(part)
  return part
}

/** Puts a new state in the place of one that is damaged; a command that runs in that one keeps it. */
export function placeState(place: string, part: string, id: string): void {
  const path = statePath(place, id)
  const old = part + OLD
  if (existsSync(path)) renameSync(path, old)
  renameSync(part, path)
  if (existsSync(old) && !isInUse(old)) removeTree(old)
}

/** Makes a state the current one; removes the one before, unless a command still runs in it. */
export function switchState(place: string, id: string): void {
  const current = join(place, '.venv', CURRENT)
  const before = targetIfReadable(current)
  if (before !== id) link(id, current)
  for (const name of NAMES) {
    if (targetIfReadable(join(place, name)) !== target(name)) link(target(name), join(place, name))
  }
  sweep(place, id)
}

function link(target: string, path: string): void {
  const part = partOf(path)
  symlinkSync(target, part)
  renameSync(part, path)
}

/** Another bin/venv may be about to switch to a state that it has just made. */
const isOld = ({ mtimeMs }: Stats): boolean => Date.now() - mtimeMs > 60 * 1000

function sweep(place: string, current: string): void {
  const folder = join(place, '.venv')
  for (const name of readdirSync(folder)) {
    const path = join(folder, name)
    const stats = lstatSync(path, { throwIfNoEntry: false })
    if (!stats) continue // another bin/venv has made it, or removed it, meanwhile
    // Nothing that somebody else put there.
    const isOver = isLeft(path) || (STATE.test(name) && stats.isDirectory() && isOld(stats))
    if (name !== current && isOver && !isInUse(path)) removeTree(path)
  }
}

/** venv-run holds a lock on the list of packages for as long as its command runs. */
function isInUse(state: string): boolean {
  const list = join(state, 'packages')
  if (state.endsWith('.part') || !existsSync(list)) return false
  const flock = findProgram('flock')
  return flock === undefined || spawnSync(flock, ['--nonblock', list, 'true']).status !== 0
}
