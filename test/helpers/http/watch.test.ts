import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { sentBytes, Watch } from '../../../helpers/http/watch.ts'

beforeEach(() => vi.useFakeTimers())
afterEach(() => vi.useRealTimers())

test('a watch that has ended waits for nothing, though the rest of what was sent is taken after it', async () => {
  const watch = new Watch(1000)
  const chunks = sentBytes(pieces(100_000, 3), watch, 60_000)
  await chunks.next()
  watch.end()
  for await (const _ of chunks) expect(vi.getTimerCount()).toBe(0)
  expect(vi.getTimerCount()).toBe(0)
  expect(watch.signal.aborted).toBe(false)
})

test('an answer to what was sent is waited for longer than the next piece is', async () => {
  const watch = new Watch(1000)
  for await (const _ of sentBytes(pieces(10, 2), watch, 60_000));
  vi.advanceTimersByTime(59_000)
  expect(watch.stalled).toBe(false)
  vi.advanceTimersByTime(1000)
  expect(watch.stalled).toBe(true)
})

async function* pieces(bytes: number, count: number) {
  for (let at = 0; at < count; at++) yield Buffer.alloc(bytes)
}
