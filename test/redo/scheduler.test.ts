import { execFileSync } from 'node:child_process'
import {
  closeSync,
  constants,
  mkdtempSync,
  openSync,
  readdirSync,
  readSync,
  rmSync,
  writeSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { Jobserver } from '../../redo/jobserver.ts'
import { Scheduler, type Waiting } from '../../redo/scheduler.ts'

const scratch = mkdtempSync(join(tmpdir(), 'redo-scheduler-'))
let fifos = 0

afterAll(() => rmSync(scratch, { recursive: true, force: true }))

test('as many start as there are tokens, and one more for each that is given back', async () => {
  const { scheduler, began, wish } = setUp(2)
  for (const name of ['a', 'b', 'c', 'd']) wish(name)
  expect(began).toEqual(['a', 'b'])
  scheduler.release()
  await turn()
  expect(began).toHaveLength(3)
  scheduler.close()
})

test('a jobserver that is closed keeps no descriptor', () => {
  const open = () => readdirSync('/proc/self/fd').length
  const before = open()
  setUp(3).scheduler.close()
  expect(open()).toBe(before)
})

test('a jobserver of somebody else gets the very tokens back that were taken from it', () => {
  const fifo = join(scratch, `fifo-${fifos++}`)
  execFileSync('mkfifo', [fifo])
  const fd = openSync(fifo, constants.O_RDWR | constants.O_NONBLOCK)
  writeSync(fd, 'ab')
  const jobserver = Jobserver.join({ MAKEFLAGS: ` -j --jobserver-auth=fifo:${fifo}` })
  // The first one is that with which we were started.
  expect([1, 2, 3, 4].map(() => jobserver?.take())).toEqual([true, true, true, false])
  jobserver?.give()
  jobserver?.close()
  const left = Buffer.alloc(10)
  expect(left.toString('latin1', 0, readSync(fd, left)).split('').sort()).toEqual(['a', 'b'])
  closeSync(fd)
})

test('of the jobservers in MAKEFLAGS the last one counts, and none of a variable', () => {
  const fifo = join(scratch, `fifo-${fifos++}`)
  execFileSync('mkfifo', [fifo])
  const told = (words: string) => Jobserver.join({ MAKEFLAGS: ` -j ${words}` })
  const joined = told(`--jobserver-auth=fifo:${scratch}/nowhere --jobserver-auth=fifo:${fifo}`)
  expect(joined).toBeDefined()
  joined?.close()
  expect(told(`-- A=--jobserver-auth=fifo:${fifo}`)).toBeUndefined()
})

test('descriptors that MAKEFLAGS names are a jobserver only if they were inherited as pipes', () => {
  const fifo = join(scratch, `fifo-${fifos++}`)
  execFileSync('mkfifo', [fifo])
  const fd = openSync(fifo, constants.O_RDWR | constants.O_NONBLOCK)
  const joined = (pipes: string) =>
    Jobserver.join({ MAKEFLAGS: ` -j --jobserver-auth=${fd},${fd}`, COOLPORTS_PIPES: pipes })
  expect(joined(' 1000 1001')).toBeUndefined()
  const ours = joined(` 1000 ${fd}`)
  expect(ours?.pipe).toEqual([fd, fd])
  ours?.close()
  closeSync(fd)
})

test('the newest wish comes first, and those of one batch in the order of their coming', async () => {
  const { scheduler, began, wish } = setUp(1)
  wish('holds the token')
  wish('old')
  scheduler.batch(() => {
    for (const name of ['first', 'second', 'third']) wish(name)
  })
  for (let at = 0; at < 4; at += 1) {
    scheduler.release()
    await turn()
  }
  expect(began).toEqual(['holds the token', 'first', 'second', 'third', 'old'])
  scheduler.close()
})

test('who goes on after waiting comes before whatever is new', async () => {
  const { scheduler, began, wish } = setUp(1)
  wish('holds the token')
  wish('new')
  scheduler.release()
  scheduler.resume(() => began.push('goes on'))
  await turn()
  expect(began).toEqual(['holds the token', 'goes on'])
  scheduler.close()
})

test('said again, a wish moves to the front, and starts once', async () => {
  const { scheduler, began, wish } = setUp(1)
  wish('holds the token')
  const old = wish('old')
  wish('new')
  scheduler.enqueue(old)
  for (let at = 0; at < 3; at += 1) {
    scheduler.release()
    await turn()
  }
  expect(began).toEqual(['holds the token', 'old', 'new'])
  scheduler.close()
})

test('what nobody wants any more is dropped, and costs no token', async () => {
  const { scheduler, began, dropped, wanted, wish } = setUp(1)
  wish('holds the token')
  wish('wanted')
  wish('not wanted')
  wanted.delete('not wanted')
  scheduler.release()
  await turn()
  expect([began, dropped]).toEqual([['holds the token', 'wanted'], ['not wanted']])
  scheduler.close()
})

test('who stands in line to go on at the end goes on, and takes no token of a jobserver that is closed', async () => {
  const { scheduler, began, wish } = setUp(2)
  for (const name of ['a', 'b']) wish(name)
  for (const name of ['c', 'd']) scheduler.resume(() => began.push(name))
  scheduler.release()
  scheduler.close()
  await turn()
  expect(began).toEqual(['a', 'b', 'c', 'd'])
})

function setUp(jobs: number) {
  fifos += 1
  const fifo = join(scratch, `tokens-${fifos}`)
  execFileSync('mkfifo', [fifo])
  const scheduler = new Scheduler(Jobserver.create(fifo, jobs))
  const began: string[] = []
  const dropped: string[] = []
  const wanted = new Set<string>()
  const wish = (name: string): Waiting => {
    wanted.add(name)
    const waiting: Waiting = {
      wanted: () => wanted.has(name),
      start: () => began.push(name),
      drop: () => dropped.push(name),
    }
    scheduler.enqueue(waiting)
    return waiting
  }
  return { scheduler, began, dropped, wanted, wish }
}

/** Tokens are given back at the end of a turn of the loop. */
function turn(): Promise<void> {
  return new Promise(resolve => setImmediate(() => setImmediate(resolve)))
}
