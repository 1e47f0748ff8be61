import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { hasEnded, isRunning, parentOf, startOf } from '../../core/process.ts'
import { folder } from '../helpers/tar/folder.ts'

test('a process is known whatever it is called, until it ends', async () => {
  // As if it were a zombie, to who takes the first bracket for the end of the name.
  const name = 'x) Z 1 ('
  const root = folder({ [name]: '#!/bin/sh\necho ready\nread -r _\n' })
  chmodSync(join(root, name), 0o755)
  const child = spawn(join(root, name), { stdio: ['pipe', 'pipe', 'inherit'] })
  const pid = child.pid as number
  await once(child.stdout, 'data')
  const start = startOf(pid)
  expect(start).toMatch(/^\d+$/)
  expect([isRunning(pid), isRunning(pid, start), isRunning(pid, '1')]).toEqual([true, true, false])
  expect(parentOf(pid)).toBe(process.pid)
  child.stdin.end()
  await once(child, 'exit')
  expect([hasEnded(pid), startOf(pid), parentOf(pid)]).toEqual([true, undefined, undefined])
})
