import { spawn } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeEach, expect, test, vi } from 'vitest'
import { Workers } from '../../redo/workers.ts'

// Who does the next errand, and what becomes of one when its worker or its client goes. The program that
// workers run here does what the name of the door says, and leaves its process id for us.

const scratch = mkdtempSync(join(tmpdir(), 'redo-workers-'))
const program = join(scratch, 'worker.cjs')
writeFileSync(
  program,
  `const { writeFileSync } = require('node:fs')
process.on('disconnect', () => process.exit(1))
process.on('message', ({ door, words: [file, word], mark }) => {
  const putAway = () => { writeFileSync(word, mark); process.exit(1) }
  const sayDone = () => {
    process.send({ status: 0, wentWell: true })
    writeFileSync(word, '')
    setTimeout(() => process.exit(1), 500)
  }
  if (door === 'done-when-told') process.on('SIGTERM', sayDone)
  if (door === 'putting-away') process.on('SIGTERM', () => setTimeout(putAway, 100))
  writeFileSync(file, String(process.pid))
  if (door === 'well') process.send({ status: 0, wentWell: true })
  if (door === 'failing') process.send({ status: 7, wentWell: false })
  if (door === 'declining') process.send({ wentWell: false })
  if (door === 'ending') process.exit(Number(word))
})
`,
)

let workers: Workers
beforeEach(() => {
  workers = new Workers({ program, runFolder: '/nowhere/run-1' })
})
afterEach(() => workers.close())
afterAll(() => rmSync(scratch, { recursive: true, force: true }))

test('who did its errand, or left it to the door, does the next one; who failed does no other', async () => {
  const first = await errand('well')
  expect(first.reply).toEqual([0, undefined])
  const second = await errand('declining')
  expect(second).toEqual({ pid: first.pid, reply: [undefined, undefined] })
  const third = await errand('failing')
  expect(third).toEqual({ pid: first.pid, reply: [7, undefined] })
  const fourth = await errand('well')
  expect(fourth.reply).toEqual([0, undefined])
  expect(fourth.pid).not.toBe(first.pid)
})

test('a worker that ends in the middle has failed, whatever its exit status', async () => {
  const said = (status: number) =>
    `cannot go on: the worker that did the work of ending ended with exit status ${status}`
  expect((await errand('ending', '0')).reply).toEqual([1, said(0)])
  expect((await errand('ending', '5')).reply).toEqual([5, said(5)])
})

test('a worker that was killed while it had nothing to do is given nothing', async () => {
  const { pid } = await errand('well')
  process.kill(pid, 'SIGKILL')
  await vi.waitFor(() => expect(isListed(pid)).toBe(false), 10_000)
  expect((await errand('well')).reply).toEqual([0, undefined])
})

test('a worker that had nothing to do has ended when they are closed', async () => {
  const { pid } = await errand('well')
  await workers.close()
  expect(existsSync(`/proc/${pid}`)).toBe(false)
})

test('a stop ends what is being done, and nothing is begun after it', async () => {
  const { pid, reply } = begin('working')
  await pid()
  workers.stop('SIGTERM')
  expect(await reply).toEqual([
    143,
    'cannot go on: the worker that did the work of working was ended by SIGTERM',
  ])
  const late = vi.fn()
  workers.run({ pid: process.pid, door: 'well', words: [] }, late)
  expect(late.mock.calls).toEqual([[undefined]])
})

test('the end waits until what was being done is put away', async () => {
  const trace = join(scratch, 'put-away')
  const { pid } = begin('putting-away', trace)
  await pid()
  await workers.close()
  expect(readFileSync(trace, 'utf8')).toBe('REDO_RUN=/nowhere/run-1')
})

test('the end is that of workers that have nothing to do, too', async () => {
  const { pid } = await errand('well')
  await workers.close()
  await vi.waitFor(() => expect(isListed(pid)).toBe(false), 10_000)
})

test.skipIf(!existsSync('/proc/self/stat'))(
  'what is done for a client that has gone is ended, and nobody is told',
  async () => {
    const client = spawn('sleep', ['60'])
    const { pid, reply } = begin('working', '', client.pid)
    const told = vi.fn()
    void reply.then(told)
    const worker = await pid()
    client.kill()
    await vi.waitFor(() => expect(isListed(worker)).toBe(false), 10_000)
    expect(told).not.toHaveBeenCalled()
  },
)

test.skipIf(!existsSync('/proc/self/stat'))(
  'a worker that is done at the moment when it is told to end gets no further errand',
  async () => {
    const told = join(scratch, 'told')
    const client = spawn('sleep', ['60'])
    const { pid } = begin('done-when-told', told, client.pid)
    await pid()
    client.kill()
    await vi.waitFor(() => expect(existsSync(told)).toBe(true), 10_000)
    const next = await errand('well')
    expect(next.reply).toEqual([0, undefined])
    expect(next.pid).not.toBe(await pid())
  },
)

test.skipIf(!existsSync('/proc/self/stat'))(
  'a worker is in a group of its own, which the signals of a terminal do not reach',
  async () => {
    const { pid } = await errand('well')
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    const [, , group] = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    expect(Number(group)).toBe(pid)
  },
)

test('where there is no such program, or it cannot be started, the door does its work itself', async () => {
  const none = new Workers({ program: join(scratch, 'nothing'), runFolder: '/nowhere' })
  expect(none.areThere).toBe(false)
  expect(await new Promise(done => none.run(work('well'), (...reply) => done(reply)))).toEqual([undefined])
  const { execPath } = process
  try {
    process.execPath = join(scratch, 'no-node')
    expect(await begin('well').reply).toEqual([undefined, undefined])
  } finally {
    process.execPath = execPath
  }
  expect((await errand('well')).reply).toEqual([0, undefined])
})

function work(door: string, word = '', pid: number | undefined = process.pid, file = '') {
  return { pid: pid ?? 0, door, words: [file, word] }
}

let errands = 0

/** An errand, of which the process id of whoever does it is known when it was begun. */
function begin(door: string, word?: string, client?: number) {
  errands += 1
  const file = join(scratch, `pid-${errands}`)
  const reply = new Promise<readonly [status: number | undefined, text: string | undefined]>(done =>
    workers.run(work(door, word, client, file), (status, text) => done([status, text])),
  )
  const pid = () =>
    vi.waitFor(() => {
      const text = readFileSync(file, 'utf8')
      if (text === '') throw new Error('it is being written')
      return Number(text)
    }, 10_000)
  return { reply, pid }
}

async function errand(door: string, word?: string) {
  const { reply, pid } = begin(door, word)
  return { reply: await reply, pid: await pid() }
}

/** Whether there is such a process, dead ones that nobody asked after included. */
function isListed(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}
