import { linkSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { linkFile, moveFolder } from '../../../helpers/store/move.ts'
import { folder } from '../tar/folder.ts'

test('linkFile() leaves nothing else behind, also where both are names of one file already', () => {
  const root = folder({ from: 'text' })
  linkSync(join(root, 'from'), join(root, 'to'))
  linkFile(join(root, 'from'), join(root, 'to'))
  expect(readdirSync(root)).toEqual(['from', 'to'])
  expect(readFileSync(join(root, 'to'), 'utf8')).toBe('text')
})

test('moveFolder() keeps the folder that is there already, and nothing of the other one', () => {
  const root = folder({ 'from/file': 'late', 'to/file': 'first' })
  moveFolder(join(root, 'from'), join(root, 'to'))
  expect(readdirSync(root)).toEqual(['to'])
  expect(readFileSync(join(root, 'to/file'), 'utf8')).toBe('first')
})
