import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { Notes } from '../../../helpers/cache/notes.ts'

test('of two that leave a note at one moment, one alone is the first', () => {
  const run = mkdtempSync(join(tmpdir(), 'coolports notes-'))
  onTestFinished(() => rmSync(run, { recursive: true }))
  writeFileSync(join(run, 'ask'), '')
  const env = { REDO_RUN: run }
  const early = new Notes(env, '/nonexistent')
  let first = false
  const late = new (class extends Notes {
    override read(about: string): string | undefined {
      const seen = super.read(about)
      first ||= early.leave(about)
      return seen
    }
  })(env, '/nonexistent')
  expect(late.leave('down')).toBe(false)
  expect(first).toBe(true)
})
