import { spawn } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { Helpers } from '../../redo/helpers.ts'

const scratch = mkdtempSync(join(tmpdir(), 'redo-helpers-'))

afterAll(() => rmSync(scratch, { recursive: true, force: true }))

/** Told to end, it says that all is done, and takes its time to go. A status is the number of the errand. */
const slow = `
import { writeFileSync } from 'node:fs'
let errands = 0
const tell = () => process.send({ status: errands, wentWell: true })
process.on('message', ({ words }) => {
  errands += 1
  if (words[0] !== 'stay') tell()
})
process.on('SIGTERM', () => {
  tell()
  writeFileSync('${scratch}/told', '')
  setTimeout(() => process.exit(1), 500)
})
process.on('disconnect', () => process.exit(1))
`

test.skipIf(!existsSync('/proc/self/cwd'))(
  'a helper that is done at the moment when it is told to end gets no further errand',
  async () => {
    writeFileSync(join(scratch, 'slow.mjs'), slow)
    const helpers = new Helpers({ program: join(scratch, 'slow.mjs'), runFolder: scratch })
    const client = spawn('sleep', ['0.3'])
    helpers.run({ pid: client.pid ?? 0, door: 'do-build', words: ['stay'] }, () => {})
    while (!existsSync(join(scratch, 'told'))) await new Promise(done => setTimeout(done, 20))
    const status = await new Promise(done =>
      helpers.run({ pid: process.pid, door: 'do-build', words: [] }, done),
    )
    expect(status).toBe(1)
    await helpers.close()
  },
  30_000,
)
