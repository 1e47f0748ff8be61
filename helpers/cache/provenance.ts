import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { Sha256 } from '../../core/digest.ts'
import { packagePath } from '../../core/store.ts'
import { recordName, signatureName } from './names.ts'
import type { Statement } from './quorum.ts'

/** A file of a builder about a package of the store that came from a cache. */
export interface Kept {
  readonly name: string
  readonly text: string
}

/**
 * Keeps what was believed beside a package that came from a cache, under the names that it has there.
 * A package without such files was built here, and is ours to speak of.
 */
export function keepStatements(store: string, statements: readonly Statement[]): void {
  for (const { record, text, signature } of statements) {
    const folder = dirname(packagePath(store, record.hash))
    mkdirSync(folder, { recursive: true })
    writeFileSync(join(folder, recordName(record.hash, record.builder)), text)
    writeFileSync(join(folder, signatureName(record.hash, record.builder)), signature)
  }
}

/** What was believed of a package of the store; empty when it was built here. */
export function keptStatements(store: string, hash: Sha256): readonly Kept[] {
  const folder = dirname(packagePath(store, hash))
  return readdirSync(folder)
    .filter(name => name.startsWith(`${hash}.`) && /\.rec(\.minisig)?$/.test(name))
    .sort()
    .map(name => ({ name, text: readFileSync(join(folder, name), 'utf8') }))
}
