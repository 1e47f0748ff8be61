import { chmodSync, existsSync, mkdirSync, readdirSync } from 'node:fs'
import { basename, join } from 'node:path'
import { expect, test } from 'vitest'
import { nameOf } from '../../core/process-name.ts'
import { makeScratch } from '../../core/scratch.ts'
import { folder } from '../helpers/tar/folder.ts'
import { DEAD, partBy } from '../support/part.ts'

test('what a killed process left goes with the next of its name, and nothing else', () => {
  const place = folder()
  const leave = (path: string): string => {
    mkdirSync(join(path, 'read-only'), { recursive: true })
    chmodSync(join(path, 'read-only'), 0o500)
    return path
  }
  const made = makeScratch('x', place)
  const left = leave(partBy(DEAD, join(place, 'x')))
  const stays = [
    made,
    leave(partBy(DEAD, join(place, 'y'))),
    leave(partBy(nameOf(process.ppid), join(place, 'x'))),
    leave(join(place, 'x')),
  ]
  const next = makeScratch('x', place)
  expect(existsSync(left)).toBe(false)
  expect(readdirSync(place).sort()).toEqual([...stays, next].map(path => basename(path)).sort())
})
