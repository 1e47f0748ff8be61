import { lstatSync, readFileSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { isSha256, type Sha256, sha256 } from './digest.ts'
import { fileDigest } from './file-digest.ts'
import { type PkgKey, parsePkgKey } from './pkgkey.ts'
import { ok, type Result, refuse } from './result.ts'
import { textIfThere } from './text-if-there.ts'

/**
 * The `.pkghash` of a package, which its rule makes: on the first line the pkghash, by which stores and caches know
 * the package, and below it the text of its key, whose sha256 that is.
 */
export const KEY_FILE = '.pkghash'

/** A package's key as it was made: what it says, its text, and the pkghash that names it. */
export interface Key extends PkgKey {
  /** The file that it was read from. */
  readonly path: string
  readonly text: string
  readonly hash: Sha256
}

/**
 * Reads a `.pkghash`; undefined where there is none. Refused, with the end of a sentence, where the hash is not that of
 * the text, as in a file that was cut or edited, or the text is no key.
 */
export function readKey(path: string): Result<Key, string> | undefined {
  const content = textIfThere(path)
  if (content === undefined) return undefined
  const [hash = ''] = content.split('\n', 1)
  const text = content.slice(hash.length + 1)
  if (!isSha256(hash) || sha256(text) !== hash)
    return refuse('its first line is not the sha256 of what is below it')
  const key = parsePkgKey(text)
  return key.ok ? ok({ ...key.value, path, text, hash }) : key
}

/** The key in the folder of a package, for who goes on without one: undefined where there is none that is good. */
export function keyIn(folder: string): Key | undefined {
  const key = readKey(join(folder, KEY_FILE))
  return key?.ok ? key.value : undefined
}

/**
 * Whether the inputs of a rule are those that it was made from, by lines `SHA256  INPUT` with paths from `folder`. False as
 * well where reading them could take long: throws where one cannot be read.
 */
export const areAsMade = (folder: string, made: readonly string[]): boolean =>
  made.every(line => {
    const [digest, path = ''] = line.split(/ {2}(.*)/s)
    const file = resolve(folder, path)
    const stat = lstatSync(file)
    return stat.isFile() && stat.size <= QUICK_BYTES && fileDigest(file) === digest
  })

const QUICK_BYTES = 1 << 20

/** Puts the sha256 of the text of a key above it, as it stands in KEY_FILE. */
export function nameKey(path: string): void {
  const text = readFileSync(path)
  writeFileSync(path, Buffer.concat([Buffer.from(`${sha256(text)}\n`), text]))
}
