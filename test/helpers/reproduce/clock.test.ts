import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { makeLaterBin, triedClock } from '../../../helpers/reproduce/clock.ts'

let root: string
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "coolports clock's-"))
})
afterEach(() => rmSync(root, { recursive: true }))

/** Tries sandboxes that a program of a few lines of sh starts, called as clock-shift is: SECONDS COMMAND.... */
function tried(script: string) {
  const folder = mkdtempSync(join(root, 'tried-'))
  const program = join(folder, 'program')
  writeFileSync(program, `#!/bin/sh\n${script}\n`, { mode: 0o755 })
  const bin = join(folder, 'bin')
  makeLaterBin(bin, program)
  return triedClock(bin, command => ['env', 'A=1', ...command])
}

test('a clock that is moved is a variation, with the date of either', () => {
  expect(tried('test "$1" -gt 31536000 && echo 2999-01-01')).toEqual({
    what: 'clock',
    here: new Date().toISOString().slice(0, 10),
    there: '2999-01-01',
  })
})

test('the program is asked to run the sandbox', () => {
  expect(tried('shift; exec "$@"')).toBeUndefined()
  expect(tried('shift; "$@" >/dev/null && echo 2999-01-01')?.there).toBe('2999-01-01')
})

test('where the clock may not be moved, it is no variation', () => {
  expect(tried('echo "cannot trace" >&2; exit 125')).toBeUndefined()
})
