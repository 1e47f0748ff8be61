import { expect, test } from 'vitest'
import { Logs } from '../../redo/logs.ts'

const logs = new Logs('.redo/log')

test('the log of a target lies in folders like its own', () => {
  expect(logs.path('a')).toBe('.redo/log/a.log')
  expect(logs.path('pkg/zlib/.pkg.tar.gz')).toBe('.redo/log/pkg.d/zlib.d/.pkg.tar.gz.log')
})

test('no two targets have one log', () => {
  const names = [
    'a',
    '/a',
    'a/b',
    '/a/b',
    'a.d/b',
    'a/b/c',
    'a.log',
    'a/',
    `${'x'.repeat(255)}`,
    `${'ü'.repeat(127)}`,
  ]
  const all = [...names, ...names.map(name => `${'y'.repeat(255)}/${name}`)]
  expect(new Set(all.map(name => logs.path(name))).size).toBe(all.length)
})

test('the name of a log is no longer than a file may have', () => {
  for (const name of ['x'.repeat(255), `${'ü'.repeat(127)}/a`, `a/${'ü'.repeat(126)}`])
    for (const part of logs.path(name).split('/')) expect(Buffer.byteLength(part)).toBeLessThanOrEqual(255)
})
