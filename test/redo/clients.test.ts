import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test, vi } from 'vitest'
import { Clients } from '../../redo/clients.ts'
import type { Coordinator } from '../../redo/coordinator.ts'
import { Graph } from '../../redo/graph.ts'
import { Guests } from '../../redo/guests.ts'
import type { Message } from '../../redo/message.ts'
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

test('a guest whose process ends is none any more', async () => {
  const guests = new Guests()
  const died = vi.fn()
  const child = spawn('sleep', ['0.3'])
  guests.welcome(3, child.pid ?? 0, died)
  expect(guests.areHere).toBe(true)
  await guests.idle()
  expect(died).toHaveBeenCalledTimes(1)
})

test('a run at its end leaves the questions of other runs open: they see it go, and take a turn of their own', () => {
  const folder = mkdtempSync(join(tmpdir(), 'redo-clients-'))
  const answered = vi.fn()
  const fulfil = vi.fn(() => true)
  const coordinator = {
    store: { graph: new Graph() },
    request: () => ({ keepGoing: false, shuffle: false }),
    fulfil,
    idle: () => Promise.resolve(),
    openWorkshop: () => ({
      folder,
      mailbox: { answer: answered },
      openScheduler: () => ({ close: () => {} }),
    }),
  } as unknown as Coordinator
  const clients = new Clients({ coordinator, tree: new Tree(folder), jobs: new Map(), trace: undefined })

  clients.receive(question)
  expect(fulfil).toHaveBeenCalledTimes(1)
  expect(answered).toHaveBeenCalledWith(question, 0, undefined)

  clients.dismiss()
  clients.receive(question)
  expect(fulfil).toHaveBeenCalledTimes(1)
  expect(answered).toHaveBeenCalledTimes(1)
  clients.receive({ ...question, verb: 'bye', job: 0 })
  rmSync(folder, { recursive: true })
})
