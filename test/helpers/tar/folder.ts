import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach } from 'vitest'
import { removeTree } from '../../../core/remove.ts'

const made: string[] = []

afterEach(() => {
  for (const folder of made.splice(0)) removeTree(folder)
})

/** A new folder holding these files, gone after the test. */
export function folder(files: Readonly<Record<string, string | Buffer>> = {}): string {
  const root = mkdtempSync(join(tmpdir(), 'coolports tar-'))
  made.push(root)
  for (const [path, data] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true })
    writeFileSync(join(root, path), data)
  }
  return root
}
