import { setTimeout as sleep } from 'node:timers/promises'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { expect, test } from 'vitest'
import { anyAborted } from '../../core/any-aborted.ts'

setFlagsFromString('--expose-gc')
const collectGarbage = runInNewContext('gc') as () => void

const reasonOf = (signal: AbortSignal): unknown => (signal.aborted ? signal.reason : 'not aborted')

test('is aborted with the first of them, for its reason', () => {
  const [one, other] = [new AbortController(), new AbortController()]
  const signal = anyAborted(one.signal, other.signal)
  expect(reasonOf(signal)).toBe('not aborted')
  other.abort('enough')
  one.abort('too late')
  expect(reasonOf(signal)).toBe('enough')
  expect(reasonOf(anyAborted(AbortSignal.abort('before'), one.signal))).toBe('before')
})

test('a timeout comes, though nobody else holds it', async () => {
  const signal = anyAborted(new AbortController().signal, AbortSignal.timeout(50))
  // The collector finds what is held by nothing that is under way.
  await sleep(1)
  collectGarbage()
  await sleep(200)
  expect(signal.aborted).toBe(true)
})

test('a controller that has aborted it need not live on', async () => {
  const aborted = (): AbortSignal => {
    const controller = new AbortController()
    const signal = anyAborted(controller.signal)
    controller.abort('stop')
    return signal
  }
  const signal = aborted()
  await sleep(1)
  collectGarbage()
  expect(reasonOf(signal)).toBe('stop')
})
