import { copyFileSync, lstatSync, renameSync, rmSync, unlinkSync } from 'node:fs'
import { folder, itself, nothing, type Stamp, stampOf } from './stamp.ts'

/** What a script that ended well left behind, before it is put in place. */
export type Product =
  | FileProduct
  /** Neither stdout nor `$3`: the target is a mere name, like `all`. */
  | { readonly kind: 'nothing' }
  | { readonly kind: 'refused'; readonly why: string }

export type Accepted = Exclude<Product, { kind: 'refused' }>

interface FileProduct {
  readonly kind: 'file'
  readonly path: string
  readonly stamp: Stamp
}

/** The files that one run of a script may write. */
export interface Places {
  readonly target: string
  /** `$3`. */
  readonly temporary: string
  /** Where stdout went. */
  readonly stdout: string
  /** How the target looked before the script ran. */
  readonly before: Stamp
}

/** Judges what a script wrote: one of stdout and `$3`, and never the target itself. */
export function productOf(places: Places): Product {
  const { target, temporary, stdout, before } = places
  const now = stampOf(target)
  // Of a symlink only the link counts here: what it leads to may be made by the script, too.
  if (itself(now) !== itself(before) && now !== nothing && now !== folder) {
    return { kind: 'refused', why: 'it changed its target itself; it must write to $3 or to stdout' }
  }
  const made = stampOf(temporary)
  const wroteStdout = (lstatSync(stdout, { throwIfNoEntry: false })?.size ?? 0) > 0
  if (made !== nothing && wroteStdout) {
    return { kind: 'refused', why: 'it wrote both to $3 and to stdout; it must be one of them' }
  }
  if (made === nothing && !wroteStdout) return { kind: 'nothing' }
  if (made === folder) {
    return {
      kind: 'refused',
      why: 'it made $3 a folder; a target is a file, or a name for what is made elsewhere',
    }
  }
  if (now === folder) return { kind: 'refused', why: 'the target is a folder, and stays one' }
  if (made !== nothing) return { kind: 'file', path: temporary, stamp: made }
  return { kind: 'file', path: stdout, stamp: stampOf(stdout) }
}

/** Makes the product the target in one step. False when that can not be, for it lies on another file system. */
export function install(product: FileProduct, { target, before }: Places): boolean {
  try {
    renameSync(product.path, target)
    // Of two names of one file, such as links to one in a store, rename(2) takes neither away.
    if (product.stamp === before) rmSync(product.path, { force: true })
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EXDEV') throw error
    return false
  }
}

/** What went to stdout as a file beside the target; it is another one, of its own stamp. */
export function copiedTo(temporary: string, product: FileProduct): FileProduct {
  copyFileSync(product.path, temporary)
  rmSync(product.path)
  return { kind: 'file', path: temporary, stamp: stampOf(temporary) }
}

/** Takes away what is left of a build: all of it after a failure, after a success what was not put in place. */
export function discard(places: Places, product: Accepted | undefined): void {
  if (product?.kind === 'file' && product.path === places.stdout) return
  // Then there is a stdout that is empty, and nothing else.
  if (product !== undefined && remove(places.stdout)) return
  for (const path of [places.temporary, places.stdout]) rmSync(path, { recursive: true, force: true })
}

function remove(file: string): boolean {
  try {
    unlinkSync(file)
    return true
  } catch {
    return false
  }
}
