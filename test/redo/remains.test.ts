import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeEach, expect, test } from 'vitest'
import { begunLine } from '../../redo/begun.ts'
import { cleanUpAfterCrash, removeRunFolder } from '../../redo/remains.ts'

// What a run that was killed has left, and what looks like that.

const scratch = mkdtempSync(join(tmpdir(), 'redo-remains-'))
let folder = ''

beforeEach(() => {
  folder = mkdtempSync(join(scratch, 'tree-'))
})

afterAll(() => rmSync(scratch, { recursive: true, force: true }))

test.skipIf(!existsSync('/proc/self/environ'))(
  'the scripts of a killed run are ended, and those of one whose number begins like that go on',
  async () => {
    const [orphan, other] = (['run-12', 'run-123'] as const).map(name =>
      spawn('cat', { env: { ...process.env, REDO_RUN: join(folder, name) } }),
    ) as [ChildProcessWithoutNullStreams, ChildProcessWithoutNullStreams]
    try {
      const end = new Promise(done => orphan.once('exit', (_, signal) => done(signal)))
      mkdirSync(join(folder, 'run-12'))
      cleanUpAfterCrash(folder)
      expect(await end).toBe('SIGKILL')
      const answer = new Promise(done => {
        other.stdout.once('data', bytes => done(String(bytes)))
        other.stdout.once('end', () => done('it has ended'))
        other.stdin.on('error', () => {})
      })
      other.stdin.write('question')
      expect(await answer).toBe('question')
      expect(readdirSync(folder)).toEqual([])
    } finally {
      for (const child of [orphan, other]) child.kill('SIGKILL')
    }
  },
)

test('what it was making goes, up to a name that was not written to its end', () => {
  const [file, made, mine, other] = ['file.redo-1.tmp', 'made.redo-1-2.tmp', 'mine', 'other.redo-1.tmp'].map(
    name => join(folder, name),
  ) as [string, string, string, string]
  mkdirSync(made)
  for (const path of [file, mine, other, join(made, 'part')]) writeFileSync(path, '')
  mkdirSync(join(folder, 'run-1'))
  // What no build would call its file so is not removed, whatever the list says.
  const begun = [file, made, mine, other].map(temporary =>
    begunLine({ target: `of ${temporary}`, temporary }),
  )
  writeFileSync(join(folder, 'run-1/begun'), begun.join('').slice(0, -3))
  writeFileSync(join(folder, 'run-1/stdout-2'), '')
  expect(cleanUpAfterCrash(folder)).toEqual([`of ${made}`])
  expect(readdirSync(folder).sort()).toEqual(['mine', 'other.redo-1.tmp'])
})

test('a folder that was half removed goes with the next one of its name', () => {
  for (const path of ['run-1/inner', 'run-1.gone/inner']) mkdirSync(join(folder, path), { recursive: true })
  removeRunFolder(join(folder, 'run-1'))
  expect(readdirSync(folder)).toEqual([])
  removeRunFolder(join(folder, 'run-1'))
  for (const path of ['run-1/inner', 'run-1.gone/inner', 'log/run-2'])
    mkdirSync(join(folder, path), { recursive: true })
  cleanUpAfterCrash(folder)
  expect(readdirSync(folder)).toEqual(['log'])
})
