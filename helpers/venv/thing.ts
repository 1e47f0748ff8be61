import {
  chmodSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  readlinkSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { isSystemError } from '../../core/system-error.ts'

/** One path of a state, relative to its folder. */
export type Thing =
  | { readonly kind: 'folder'; readonly path: string }
  | { readonly kind: 'link'; readonly path: string; readonly target: string }
  | { readonly kind: 'text'; readonly path: string; readonly text: string; readonly mode: number }

/** Makes it; the folder that it lies in is there. */
export function writeThing(state: string, thing: Thing): void {
  const path = join(state, thing.path)
  switch (thing.kind) {
    case 'folder':
      mkdirSync(path)
      break
    case 'link':
      symlinkSync(thing.target, path)
      break
    case 'text':
      writeFileSync(path, thing.text)
      chmodSync(path, thing.mode)
      break
  }
}

/** Whether a state has it as it was made. */
export function hasThing(state: string, thing: Thing): boolean {
  const path = join(state, thing.path)
  try {
    switch (thing.kind) {
      case 'folder':
        return lstatSync(path).isDirectory()
      case 'link':
        return readlinkSync(path) === thing.target
      case 'text':
        return (lstatSync(path).mode & 0o7777) === thing.mode && readFileSync(path, 'utf8') === thing.text
    }
  } catch (error) {
    // Gone, or something else.
    if (isSystemError(error)) return false
    throw error
  }
}
