import { spawnSync } from 'node:child_process'
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readlinkSync,
  renameSync,
  rmSync,
  symlinkSync,
} from 'node:fs'
import { basename, join } from 'node:path'
import { ok, type Result, refuse } from '../../core/result.ts'
import { findProgram } from '../build/missing.ts'
import { removeTree } from '../build/remove.ts'
import type { VenvProblem } from './problem.ts'

/*
 * The folder of a venv:
 *
 *     .venv/ID/          a state: never changed, named by a digest of what it says
 *     .venv/current      a symlink to the state that holds; a rename changes the whole venv in one step
 *     bin, root, packages    symlinks to those of the current state
 */
const NAMES = ['bin', 'root', 'packages']

/** Makes a folder one for a venv, unless it holds something else. */
export function openPlace(place: string): Result<void, VenvProblem> {
  mkdirSync(place, { recursive: true })
  const names = readdirSync(place)
  if (names.length > 0 && !names.includes('.venv'))
    return refuse({ kind: 'not a venv', folder: place, why: 'it holds something else' })
  const taken = NAMES.find(name => {
    const there = lstatSync(join(place, name), { throwIfNoEntry: false })
    return there && !there.isSymbolicLink()
  })
  if (taken) return refuse({ kind: 'not a venv', folder: place, why: `its ${taken} is not of a venv` })
  mkdirSync(join(place, '.venv'), { recursive: true })
  return ok(undefined)
}

export const statePath = (place: string, id: string): string => join(place, '.venv', id)

/** A folder for a state in the making; what an earlier process of our number left there is gone. */
export function openState(place: string): string {
  const part = join(place, '.venv', `.new-${process.pid}`)
  removeTree(part)
  mkdirSync(part)
  chmodSync(part, 0o755)
  return part
}

/** Makes a state the current one; removes the one before, unless a command still runs in it. */
export function switchState(place: string, id: string): void {
  const current = join(place, '.venv/current')
  const before = readLink(current)
  if (before !== id) link(id, current)
  for (const name of NAMES) {
    const target = `.venv/current/${name}`
    if (readLink(join(place, name)) !== target) link(target, join(place, name))
  }
  sweep(place, id)
}

function link(target: string, path: string): void {
  const part = `${path}.${process.pid}`
  rmSync(part, { force: true })
  symlinkSync(target, part)
  renameSync(part, path)
}

function readLink(path: string): string | undefined {
  try {
    return readlinkSync(path)
  } catch {
    return undefined
  }
}

/** Another bin/venv may be about to switch to a state that it has just made. */
const YOUNG_MS = 60 * 1000

function sweep(place: string, current: string): void {
  const folder = join(place, '.venv')
  for (const name of readdirSync(folder)) {
    const path = join(folder, name)
    if (name === current || name === 'current' || !lstatSync(path).isDirectory()) continue
    const age = Date.now() - lstatSync(path).mtimeMs
    if (age > YOUNG_MS && !isInUse(path)) removeTree(path)
  }
}

/** venv-run holds a lock on the list of packages for as long as its command runs. */
function isInUse(state: string): boolean {
  const list = join(state, 'packages')
  if (basename(state).startsWith('.new-') || !existsSync(list)) return false
  const flock = findProgram('flock')
  return flock === undefined || spawnSync(flock, ['--nonblock', list, 'true']).status !== 0
}
