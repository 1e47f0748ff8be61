import { lstatSync } from 'node:fs'
import { dirname } from 'node:path'
import { isSha256, type Sha256, sha256 } from '../../core/digest.ts'
import { makeFolders } from '../../core/folders.ts'
import { contentPath, packagePath } from '../../core/store.ts'
import { textIfThere } from '../../core/text-if-there.ts'
import { writeWhole } from '../../core/whole-file.ts'
import { identityAt } from '../tar/identity.ts'

/**
 * What a package's bytes are made of, as a text (see `contentKey`), and the sha256 of the tar that came of it.
 * The sha256 of the text is the content key. The store has it in `contents/CONTENTKEY`:
 *
 *     pkghash <of the package that was built>
 *     tar <the tar's sha256>
 *     <the text>
 */
export interface Content {
  readonly text: string
  readonly tar: Sha256
}

/** A package in the store that came of the same content. */
export interface SameContent {
  readonly hash: Sha256
  readonly tar: Sha256
  readonly path: string
}

/** Finds a package by its content. A note that is damaged, or whose package is gone or another one, finds none. */
export function findContent(store: string, text: string): SameContent | undefined {
  const note = readNote(contentPath(store, sha256(text)))
  if (note === undefined || note.text !== text) return undefined
  const path = packagePath(store, note.hash)
  if (!lstatSync(path, { throwIfNoEntry: false })?.isFile()) return undefined
  return identityAt(path) === note.tar ? { hash: note.hash, tar: note.tar, path } : undefined
}

/** Notes which package came of some content, unless one is known. */
export function rememberContent(store: string, { text, tar }: Content, hash: Sha256): void {
  if (findContent(store, text) !== undefined) return
  const path = contentPath(store, sha256(text))
  makeFolders(dirname(path))
  writeWhole(path, `pkghash ${hash}\ntar ${tar}\n${text}`)
}

interface Note extends Content {
  readonly hash: Sha256
}

/** Undefined where there is none, or where it is no such note. */
export function readNote(path: string): Note | undefined {
  const [, hash = '', tar = '', text = ''] =
    /^pkghash ([^\n]*)\ntar ([^\n]*)\n(.*)$/s.exec(textIfThere(path) ?? '') ?? []
  return isSha256(hash) && isSha256(tar) ? { hash, tar, text } : undefined
}
