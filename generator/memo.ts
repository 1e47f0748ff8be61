import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { sha256 } from '../core/digest.ts'
import { writeWhole } from '../core/whole-file.ts'
import type { Api } from './api.ts'
import type { Edge } from './package.ts'
import type { Input } from './tree.ts'

/**
 * What an earlier run found, so that only what changed is evaluated again. It speaks of stamps of
 * files; when it is missing, damaged or of another program, everything is evaluated.
 */
interface Memo {
  /** Digest of the program that wrote it. */
  readonly program: string
  /** The manifest API, and the stamps of its files. */
  readonly api?: Api & { readonly stamps: readonly Stamped[] }
  readonly packages: Readonly<Record<string, Remembered>>
}

export interface Remembered {
  /** The manifest and the manifests that it imports. */
  readonly manifests: readonly Stamped[]
  /** What stands below files/. */
  readonly files: readonly Stamped[]
  readonly edges: readonly Edge[]
  /** The emitted files as they were left. */
  readonly emitted: readonly Stamped[]
}

export type Stamped = readonly [path: Input['path'], stamp: string]

const PATH = 'pkg/.gen.json'

/** The file is a list of two: the memo, and before it the digest of its text, for code that will run is in it. */
const BEGIN = `["${'0'.repeat(64)}",`.length
const framed = (memo: string): string => `["${sha256(memo)}",${memo}]`

export function readMemo(root: string, program: string): Memo {
  const none: Memo = { program, packages: {} }
  try {
    const text = readFileSync(join(root, PATH), 'utf8')
    const json = text.slice(BEGIN, -1)
    if (text !== framed(json)) return none
    const memo = JSON.parse(json) as Memo
    return memo.program === program ? memo : none
  } catch {
    return none
  }
}

/** A package may be called as what every object has: constructor. */
export const earlierIn = ({ packages }: Memo, name: string): Remembered | undefined =>
  Object.hasOwn(packages, name) ? packages[name] : undefined

export function writeMemo(root: string, memo: Memo): void {
  writeWhole(join(root, PATH), framed(JSON.stringify(memo)))
}
