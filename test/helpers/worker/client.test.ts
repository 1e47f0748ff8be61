import { spawn, spawnSync } from 'node:child_process'
import { closeSync, existsSync, mkdtempSync, openSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { build } from 'esbuild'
import { expect, onTestFinished, test } from 'vitest'
import { takePlaceOf } from '../../../helpers/worker/client.ts'

// What a worker has in common with the process that it stands for is compared in test/emitted/workers.test.ts.

test.skipIf(!existsSync('/proc/self/environ'))(
  'a worker takes the place of no process but one of the run that sent it',
  () => {
    const none = openSync('/dev/null', 'r+')
    // All that a door has, of another run, whose number begins like ours.
    const client = spawn('sleep', ['60'], {
      env: { ...process.env, REDO_RUN: '/tree/.redo/run-12' },
      stdio: Array(7).fill(none),
    })
    const before = [process.cwd(), process.umask(), process.env.REDO_RUN]
    try {
      for (const run of ['run-1', 'run-123', ''])
        expect(takePlaceOf({ pid: client.pid ?? 0, mark: `REDO_RUN=/tree/.redo/${run}` })).toBe(false)
      expect([process.cwd(), process.umask(), process.env.REDO_RUN]).toEqual(before)
    } finally {
      client.kill()
      closeSync(none)
    }
  },
)

/** Leaves a client again and again while a thread opens and closes a file; prints what stdin and stderr are that is another. */
const CROWDED = `
import { readlinkSync } from 'node:fs'
import { Worker } from 'node:worker_threads'
import { leaveClient } from './client.ts'
const busy = "const fs = require('node:fs'); for (;;) fs.closeSync(fs.openSync('/proc/self/stat'))"
new Worker(busy, { eval: true }).once('online', () => {
  const found = new Set()
  for (let time = 0; time < 5000; time++) {
    leaveClient()
    for (const fd of [0, 2]) found.add(readlinkSync('/proc/self/fd/' + fd))
  }
  console.log([...found].join())
  process.exit()
})
`

test('a descriptor that another thread takes in between is had in the end', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'client-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  const program = join(folder, 'crowded.mjs')
  const stdin = { contents: CROWDED, resolveDir: resolve('helpers/worker') }
  await build({ stdin, outfile: program, bundle: true, platform: 'node', format: 'esm' })
  const { stdout, status } = spawnSync(process.execPath, [program], { encoding: 'utf8' })
  expect({ stdout, status }).toEqual({ stdout: '/dev/null\n', status: 0 })
})
