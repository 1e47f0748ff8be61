import { existsSync, mkdirSync, mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { removeTree } from '../../core/remove.ts'

test('what has too long a name is not there', () => {
  removeTree(join(tmpdir(), 'n'.repeat(256)))
  removeTree(join(tmpdir(), 'n/'.repeat(4096)))
})

test('folders too deep for the stack of node are removed', () => {
  const folder = mkdtempSync(join(tmpdir(), 'coolports-remove-'))
  mkdirSync(join(folder, 'a/'.repeat(1900)), { recursive: true })
  removeTree(folder)
  expect(existsSync(folder)).toBe(false)
})
