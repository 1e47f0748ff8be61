import { lstatSync, lutimesSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, expect, test, vi } from 'vitest'
import { hasHeartbeat, SILENCE_MS, startHeartbeat } from '../../core/heartbeat.ts'

const folder = mkdtempSync(join(tmpdir(), 'coolports-heartbeat-'))
const path = join(folder, 'sign')

afterEach(() => {
  vi.useRealTimers()
  rmSync(path, { force: true })
})

afterAll(() => rmSync(folder, { recursive: true, force: true }))

test('who gives signs of life is held for alive, and two minutes longer', () => {
  vi.useFakeTimers()
  symlinkSync('nowhere', path)
  const heartbeat = startHeartbeat(path)
  vi.advanceTimersByTime(3 * SILENCE_MS)
  expect(hasHeartbeat(path)).toBe(true)
  heartbeat.stop()
  vi.advanceTimersByTime(SILENCE_MS - 60_000)
  expect(hasHeartbeat(path)).toBe(true)
  vi.advanceTimersByTime(60_000)
  expect(hasHeartbeat(path)).toBe(false)
})

test('who keeps the event loop busy gives them from a thread', () => {
  symlinkSync('nowhere', path)
  const past = (Date.now() - 2 * SILENCE_MS) / 1000
  lutimesSync(path, past, past)
  expect(hasHeartbeat(path)).toBe(false)
  const heartbeat = startHeartbeat(path, { isBusy: true })
  for (let tries = 0; tries < 500 && !hasHeartbeat(path); tries += 1)
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 20)
  expect(hasHeartbeat(path)).toBe(true)
  heartbeat.stop()
})

test('what is not there gives none, and is not made', () => {
  vi.useFakeTimers()
  const heartbeat = startHeartbeat(path)
  vi.advanceTimersByTime(SILENCE_MS)
  heartbeat.stop()
  expect(hasHeartbeat(path)).toBe(false)
  expect(lstatSync(path, { throwIfNoEntry: false })).toBeUndefined()
})
