import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import type { Console, Transcript } from '../../redo/console.ts'
import { Graph } from '../../redo/graph.ts'
import { Job } from '../../redo/job.ts'
import type { Scheduler } from '../../redo/scheduler.ts'
import { folder, nothing } from '../../redo/stamp.ts'
import type { Task } from '../../redo/task.ts'

beforeEach(() => vi.useFakeTimers())
afterEach(() => vi.useRealTimers())

test('a script gives its token away while it waits, and goes on when it has one; its clock stands still meanwhile', async () => {
  const { job, release, resumes, wait } = setUp()
  vi.advanceTimersByTime(100)
  const input = wait()
  expect(job.hasToken).toBe(false)
  expect(release).toHaveBeenCalledTimes(1)

  vi.advanceTimersByTime(1000)
  await input.done(true)
  expect(input.goOn).not.toHaveBeenCalled()
  expect(resumes).toHaveLength(1)

  vi.advanceTimersByTime(1000)
  resumes[0]?.()
  expect(job.hasToken).toBe(true)
  expect(input.goOn).toHaveBeenCalledWith(true)
  vi.advanceTimersByTime(10)
  expect(job.clock.elapsed).toBe(110)
})

test('while others of its clients wait, it goes on without a token', async () => {
  const { job, resumes, wait } = setUp()
  const [one, other] = [wait(), wait()]
  await one.done(false)
  expect(one.goOn).toHaveBeenCalledWith(false)
  expect(job.hasToken).toBe(false)
  expect(resumes).toEqual([])
  await other.done(true)
  expect(resumes).toHaveLength(1)
})

test('a token that comes when it has one for another of its clients goes back', async () => {
  const { job, release, resumes, wait } = setUp()
  const one = wait()
  await one.done(true)
  const other = wait()
  await other.done(true)
  resumes[0]?.()
  expect(release).toHaveBeenCalledTimes(1)
  resumes[1]?.()
  expect(release).toHaveBeenCalledTimes(2)
  expect(job.hasToken).toBe(true)
  expect(other.goOn).toHaveBeenCalledTimes(1)
})

test('a token that comes after its end goes back, and none is given back twice', async () => {
  const { job, release, resumes, wait } = setUp()
  const input = wait()
  await input.done(true)
  expect(job.end()).toBe(true)
  expect(job.end()).toBe(false)
  job.giveTokenBack()
  expect(release).toHaveBeenCalledTimes(1)
  resumes[0]?.()
  expect(release).toHaveBeenCalledTimes(2)
})

test('of an input that it asks for twice the version counts that it saw first', () => {
  const { graph, job } = setUp()
  const input = graph.node('input')
  job.depend([input])
  const { version } = input
  graph.see(input, folder)
  expect(input.version).not.toBe(version)
  job.depend([input])
  expect(job.inputs.map(({ name }) => name)).toEqual(['target.do', 'input'])
  expect(job.making(nothing).versions).toEqual([graph.node('target.do').version, version])
})

/** A script that has a token, and waits for what is done when we say so. */
function setUp() {
  const graph = new Graph()
  const release = vi.fn()
  const resumes: (() => void)[] = []
  const job = new Job({
    number: 1,
    task: { node: graph.node('target') } as unknown as Task,
    rule: graph.node('target.do'),
    transcript: { date: () => undefined } as unknown as Transcript,
    console: {} as unknown as Console,
    scheduler: { release, resume: (go: () => void) => resumes.push(go) } as unknown as Scheduler,
    trace: undefined,
  })
  const wait = () => {
    let settle: (ok: boolean) => void = () => {}
    const goOn = vi.fn()
    job.wait(new Promise(resolve => (settle = resolve)), goOn)
    const done = async (ok: boolean) => {
      settle(ok)
      await Promise.resolve()
    }
    return { goOn, done }
  }
  return { graph, job, release, resumes, wait }
}
