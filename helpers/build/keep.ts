import { existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { isDiskFull } from '../../core/disk.ts'
import type { Message } from '../../core/message.ts'
import { packageKeyPath, packagePath } from '../../core/store.ts'
import { type Content, rememberContent } from '../store/content.ts'
import type { Key } from './key.ts'
import { placeAnother } from './place.ts'

/**
 * Keeps a built package in the store under its pkghash, with the key that it was built from, and notes what
 * content it came of. The package comes after its key: who finds it finds that. One that is there already
 * stays. A store without room is only told of, because the package is built and can be given its name.
 */
export function keepPackage(
  store: string,
  key: Key,
  file: string,
  tell: (message: Message) => void,
  content?: Content,
): void {
  try {
    keep(store, key, file)
    if (content) rememberContent(store, content, key.hash)
  } catch (error) {
    if (!isDiskFull(error)) throw error
    tell({
      cannot: 'keep the package in the store',
      why: 'the disk is full',
      facts: [['folder', dirname(packagePath(store, key.hash))]],
      remedy: 'it is built all the same; a later build of it will not find it there',
    })
  }
}

function keep(store: string, key: Key, file: string): void {
  const kept = packagePath(store, key.hash)
  if (existsSync(kept)) return
  mkdirSync(dirname(kept), { recursive: true })
  const part = `${kept}.${process.pid}.part`
  try {
    writeFileSync(part, key.text)
    renameSync(part, packageKeyPath(store, key.hash))
  } finally {
    rmSync(part, { force: true })
  }
  placeAnother(file, kept)
}
