import { spawn } from 'node:child_process'
import { describe, expect, test, vi } from 'vitest'
import { Clients } from '../../redo/clients.ts'
import type { Coordinator } from '../../redo/coordinator.ts'
import { Graph } from '../../redo/graph.ts'
import { Guests } from '../../redo/guests.ts'
import type { Message } from '../../redo/message.ts'
import type { Job } from '../../redo/task.ts'
import { Tree } from '../../redo/tree.ts'

const question: Message = {
  verb: 'ifchange',
  slot: 3,
  job: -process.pid,
  cwd: '/',
  args: ['--', 'a'],
  ownOutput: false,
}

test('a guest is one until it says goodbye, and not only until it has its answer', async () => {
  const guests = new Guests()
  const left = vi.fn()
  guests.welcome(3, process.pid, vi.fn())
  void guests.idle().then(left)
  await new Promise(done => setTimeout(done, 500))
  expect(left).not.toHaveBeenCalled()
  guests.goodbye(3)
  await guests.idle()
  expect(guests.areHere).toBe(false)
})

test('a guest that asks where another one did is waited for in its place', async () => {
  const guests = new Guests()
  guests.welcome(3, process.pid, vi.fn())
  const idle = guests.idle()
  guests.welcome(3, process.pid, vi.fn())
  guests.goodbye(3)
  await idle
  guests.welcome(4, process.pid, vi.fn())
  const idleAgain = guests.idle()
  guests.dismiss()
  await idleAgain
  expect(guests.areHere).toBe(false)
})

test('a guest whose process ends is none any more, also when another one was there before', async () => {
  const guests = new Guests()
  const died = vi.fn()
  guests.welcome(3, process.pid, vi.fn())
  guests.goodbye(3)
  const child = spawn('sleep', ['0.3'])
  guests.welcome(3, child.pid ?? 0, died)
  expect(guests.areHere).toBe(true)
  await guests.idle()
  expect(died).toHaveBeenCalledTimes(1)
})

test('nobody is looked for when no guest is there', () => {
  vi.useFakeTimers()
  const guests = new Guests()
  guests.welcome(3, process.pid, vi.fn())
  guests.welcome(4, process.pid, vi.fn())
  guests.goodbye(3)
  expect(vi.getTimerCount()).toBe(1)
  guests.goodbye(4)
  expect(vi.getTimerCount()).toBe(0)
  vi.useRealTimers()
})

test('a run at its end leaves the questions of other runs open: they see it go, and take a turn of their own', () => {
  const { clients, fulfil, answered } = setUp()

  clients.receive(question)
  expect(fulfil).toHaveBeenCalledTimes(1)
  expect(answered).toHaveBeenCalledWith(question, 0, undefined)

  clients.dismiss()
  clients.receive(question)
  expect(fulfil).toHaveBeenCalledTimes(1)
  expect(answered).toHaveBeenCalledTimes(1)
  clients.receive({ ...question, verb: 'bye', job: 0 })
})

describe('a script that waits gives its token away, and goes on when it has one', () => {
  const ask: Message = { ...question, job: 1 }

  test('and its clock stands still meanwhile', async () => {
    const { job, clients, answered, done, resumes } = waiting()
    clients.receive(ask)
    expect(job.hasToken).toBe(false)
    expect(job.scheduler.release).toHaveBeenCalledTimes(1)
    expect(job.clock.pause).toHaveBeenCalledTimes(1)
    done(true)
    await vi.waitFor(() => expect(resumes).toHaveLength(1))
    expect([answered, job.clock.resume].map(one => one.mock.calls.length)).toEqual([0, 0])
    resumes[0]?.()
    expect(job.hasToken).toBe(true)
    expect(job.clock.resume).toHaveBeenCalledTimes(1)
    expect(answered).toHaveBeenCalledWith(ask, 0, undefined)
  })

  test.each([
    ['ended', { ended: true }],
    ['got one for another of its clients', { hasToken: true }],
  ])('unless it has %s: then that goes back', async (_, meanwhile) => {
    const { job, clients, answered, done, resumes } = waiting()
    clients.receive(ask)
    done(true)
    await vi.waitFor(() => expect(resumes).toHaveLength(1))
    Object.assign(job, meanwhile)
    resumes[0]?.()
    expect(job.scheduler.release).toHaveBeenCalledTimes(2)
    expect(answered).toHaveBeenCalledTimes(1)
  })
})

/** A coordinator that is asked for targets, and brings them up to date as it is told. */
function setUp(fulfil = vi.fn((): boolean | Promise<boolean> => true), jobs = new Map<number, Job>()) {
  const answered = vi.fn()
  const coordinator = {
    state: { graph: new Graph() },
    request: () => ({ keepGoing: false, shuffle: false }),
    fulfil,
    welcome: () => ({}),
    leave: () => {},
    idle: () => Promise.resolve(),
    openWorkshop: () => ({
      folder: '/nowhere',
      mailbox: { answer: answered },
      openScheduler: () => ({ close: () => {} }),
    }),
  } as unknown as Coordinator
  const clients = new Clients({ coordinator, tree: new Tree('/nowhere'), jobs, trace: undefined })
  return { clients, fulfil, answered }
}

/** A script that has a token, and asks for what is done when we say so. */
function waiting() {
  let done: (ok: boolean) => void = () => {}
  const resumes: (() => void)[] = []
  const job = {
    ...{ task: {}, inputs: new Map(), waiting: 0, hasToken: true, ended: false },
    clock: { pause: vi.fn(), resume: vi.fn() },
    scheduler: { release: vi.fn(), resume: (go: () => void) => resumes.push(go) },
  }
  const fulfil = vi.fn(
    () =>
      new Promise<boolean>(resolve => {
        done = resolve
      }),
  )
  return {
    ...setUp(fulfil, new Map([[1, job as unknown as Job]])),
    ...{ job, resumes, done: (ok: boolean) => done(ok) },
  }
}
