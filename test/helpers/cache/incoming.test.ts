import { spawnSync } from 'node:child_process'
import { mkdtempSync, readdirSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { sha256 } from '../../../core/digest.ts'
import { incomingPath } from '../../../helpers/cache/incoming.ts'

let store: string
beforeEach(() => {
  store = mkdtempSync(join(tmpdir(), 'incoming-'))
})
afterEach(() => rmSync(store, { recursive: true }))

test('what a killed process left is swept, but not what may be on its way', () => {
  const dead = spawnSync('true').pid
  const names = { dead: `.${dead}.aa`, young: `.${dead}.bb`, alive: `.${process.ppid}.cc` }
  const first = incomingPath(store, sha256('x'))
  for (const [name, end] of Object.entries(names)) {
    const path = join(store, 'incoming', sha256(name) + end)
    writeFileSync(path, name)
    if (name !== 'young') utimesSync(path, 1, 1)
  }
  expect(incomingPath(store, sha256('x'))).not.toBe(first)
  expect(readdirSync(join(store, 'incoming')).sort()).toEqual(
    [sha256('young') + names.young, sha256('alive') + names.alive].sort(),
  )
})
