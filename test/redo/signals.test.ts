import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { ignoreAsTold, ignoring, onSignals } from '../../redo/signals.ts'

/** What is called at which signal; none is sent here. */
const handlers = new Map<string | symbol, (signal: NodeJS.Signals) => void>()

beforeEach(() => {
  handlers.clear()
  vi.useFakeTimers({ toFake: ['performance'] })
  vi.spyOn(process, 'on').mockImplementation((name, handler) => {
    handlers.set(name, handler)
    return process
  })
  vi.spyOn(process, 'off').mockImplementation((name, handler) => {
    if (handlers.get(name) === handler) handlers.delete(name)
    return process
  })
})

afterEach(() => {
  vi.useRealTimers()
  vi.restoreAllMocks()
})

test('what the caller ignored does nothing, and no program that we start is told of it', () => {
  const environment = { REDO_IGNORED: ' HUP QUIT TERM', OTHER: 'kept' }
  expect(ignoreAsTold(environment)).toEqual(['HUP', 'QUIT', 'TERM'])
  expect([...handlers.keys()]).toEqual(['SIGHUP', 'SIGQUIT', 'SIGTERM'])
  expect(environment).toEqual({ OTHER: 'kept' })
  expect(ignoreAsTold(environment)).toEqual([])
})

test('a program that is to ignore signals gets its words as they are', () => {
  expect(ignoring([], ['program', "it's one"])).toEqual(['program', "it's one"])
  expect(ignoring(['HUP', 'INT'], ['program', "it's one"])).toEqual([
    ...['sh', '-c', `trap '' HUP INT; exec "$@"`, 'sh'],
    ...['program', "it's one"],
  ])
})

test('the first signal ends, what comes at once is the same wish, the next one kills; the first is told', () => {
  const { stop, received, hear } = heard([])
  expect([...handlers.keys()].sort()).toEqual(['SIGHUP', 'SIGINT', 'SIGTERM'])
  hear('SIGINT')
  vi.advanceTimersByTime(199)
  hear('SIGTERM')
  expect(stop.mock.calls).toEqual([['SIGTERM']])
  vi.advanceTimersByTime(1)
  hear('SIGTERM')
  expect(stop.mock.calls).toEqual([['SIGTERM'], ['SIGKILL']])
  expect(received()).toBe('SIGINT')
  expect(handlers.size).toBe(0)
})

test('a run that no signal reached tells of none, and one that is ignored is not heard', () => {
  const { received } = heard(['HUP', 'INT'])
  expect([...handlers.keys()]).toEqual(['SIGTERM'])
  expect(received()).toBeUndefined()
})

function heard(ignored: Parameters<typeof onSignals>[1]) {
  const stop = vi.fn()
  const received = onSignals(stop, ignored)
  return { stop, received, hear: (signal: NodeJS.Signals) => handlers.get(signal)?.(signal) }
}
