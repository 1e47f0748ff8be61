import { spawn } from 'node:child_process'
import { expect, test, vi } from 'vitest'
import { Clients } from '../../redo/clients.ts'
import type { Coordinator } from '../../redo/coordinator.ts'
import { Graph } from '../../redo/graph.ts'
import { Guests } from '../../redo/guests.ts'
import type { Message } from '../../redo/message.ts'
import { Tree } from '../../redo/tree.ts'
import type { Workshop } from '../../redo/workshop.ts'

const question: Message = {
  verb: 'ifchange',
  slot: 3,
  job: -process.pid,
  cwd: '/',
  args: ['--', 'a'],
  ownOutput: false,
  ownEnvironment: false,
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

/** A coordinator for which all targets are up to date. */
function setUp() {
  const answered = vi.fn()
  const fulfil = vi.fn(() => true)
  const coordinator = {
    jobs: new Map(),
    request: () => ({ keepGoing: false, shuffle: false }),
    fulfil,
    welcome: () => ({}),
    leave: () => {},
    idle: () => Promise.resolve(),
  } as unknown as Coordinator
  const workshop = {
    folder: '/nowhere',
    mailbox: { answer: answered },
    openScheduler: () => ({ close: () => {} }),
  } as unknown as Workshop
  const tree = new Tree('/nowhere')
  const clients = new Clients({ coordinator, tree, graph: new Graph(), workshop: () => workshop })
  return { clients, fulfil, answered }
}
