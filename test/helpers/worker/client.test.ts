import { spawn } from 'node:child_process'
import { closeSync, existsSync, openSync } from 'node:fs'
import { expect, test } from 'vitest'
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
