import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test, vi } from 'vitest'
import { Clients } from '../../redo/clients.ts'
import type { Coordinator } from '../../redo/coordinator.ts'
import { Graph } from '../../redo/graph.ts'
import type { Message } from '../../redo/message.ts'
import { Tree } from '../../redo/tree.ts'

const question: Message = { verb: 'ifchange', slot: 3, job: 0, cwd: '/', args: ['--', 'a'], ownOutput: false }

test('a run at its end leaves the questions of other runs open: they see it go, and take a turn of their own', () => {
  const folder = mkdtempSync(join(tmpdir(), 'redo-clients-'))
  const answered = vi.fn()
  const fulfil = vi.fn(() => true)
  const coordinator = {
    store: { graph: new Graph() },
    request: () => ({ keepGoing: false, shuffle: false }),
    fulfil,
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
  rmSync(folder, { recursive: true })
})
