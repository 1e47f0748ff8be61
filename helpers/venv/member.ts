import { readFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { isSha256, type Sha256 } from '../../core/digest.ts'
import { quoted } from '../../core/message.ts'
import { PACKAGE_FILE } from '../../core/name.ts'
import { textIfThere } from '../../core/text-if-there.ts'
import { closureFiles } from '../build/closure.ts'

/** A package of the tree that is to be in a venv, as redo left it. */
export interface Member {
  readonly name: string
  /** VERSION-RELEASE. */
  readonly version: string
  readonly pkghash: Sha256
  /** The built package. */
  readonly file: string
}

/** The packages of the run closures of some packages, in the order in which they are met; undefined where a closure is not built. */
export function closureNames(root: string, names: readonly string[]): readonly string[] | undefined {
  const met = new Set<string>()
  for (const name of names) {
    const list = textIfThere(join(root, 'pkg', name, '.closure'))
    if (list === undefined) return undefined
    for (const file of closureFiles(list)) met.add(basename(dirname(file)))
  }
  return [...met]
}

export function readMember(root: string, name: string): Member {
  const folder = join(root, 'pkg', name)
  const key = readFileSync(join(folder, '.pkgkey'), 'utf8')
  const field = (word: string): string => new RegExp(`^${word} (.+)$`, 'm').exec(key)?.[1] ?? '?'
  const pkghash = readFileSync(join(folder, '.pkghash'), 'utf8').trim()
  if (!isSha256(pkghash)) throw new Error(`pkg/${name}/.pkghash holds no digest: ${quoted(pkghash)}`)
  const version = `${field('version')}-${field('release')}`
  return { name, version, pkghash, file: join(folder, PACKAGE_FILE) }
}
