import { copyFileSync, existsSync, linkSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { packageKeyPath, packagePath } from '../../core/store.ts'
import type { Key } from './key.ts'

/**
 * Keeps a built package in the store under its pkghash, with the key that it was built from. The
 * package comes last: who finds it finds its key. One that is there already stays.
 */
export function keepPackage(store: string, key: Key, file: string): void {
  const kept = packagePath(store, key.hash)
  if (existsSync(kept)) return
  mkdirSync(dirname(kept), { recursive: true })
  const part = `${kept}.${process.pid}.part`
  rmSync(part, { force: true })
  try {
    writeFileSync(part, key.text)
    renameSync(part, packageKeyPath(store, key.hash))
    // One file under two names costs nothing; nobody writes into either.
    try {
      linkSync(file, part)
    } catch {
      copyFileSync(file, part)
    }
    renameSync(part, kept)
  } finally {
    rmSync(part, { force: true })
  }
}
