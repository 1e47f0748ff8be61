import { existsSync, mkdirSync, mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { removeTree } from '../../core/remove.ts'

test('folders too deep for the stack of node are removed', () => {
  const folder = mkdtempSync(join(tmpdir(), 'coolports-remove-'))
  mkdirSync(join(folder, 'a/'.repeat(1900)), { recursive: true })
  removeTree(folder)
  expect(existsSync(folder)).toBe(false)
})
