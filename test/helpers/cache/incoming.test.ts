import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { sha256 } from '../../../core/digest.ts'
import { nameOf } from '../../../core/process-name.ts'
import { incomingPath } from '../../../helpers/cache/incoming.ts'
import { DEAD, partBy, UNSEEN } from '../../support/part.ts'

let store: string
beforeEach(() => {
  store = mkdtempSync(join(tmpdir(), 'incoming-'))
})
afterEach(() => rmSync(store, { recursive: true }))

test('what a killed process left is swept, but not what may be on its way', () => {
  const first = incomingPath(store, sha256('x'))
  const parts = [DEAD, UNSEEN, nameOf(process.ppid)].map(one =>
    partBy(one, join(store, 'incoming', sha256('y'))),
  )
  for (const path of parts) writeFileSync(path, '')
  expect(incomingPath(store, sha256('x'))).not.toBe(first)
  expect(readdirSync(join(store, 'incoming')).sort()).toEqual(
    parts
      .slice(1)
      .map(path => basename(path))
      .sort(),
  )
})
