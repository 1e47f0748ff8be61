import { describe, expect, it } from 'vitest'
import { bytes } from '../../../core/size.ts'
import { pauseAfter } from '../../../helpers/fetch/candidate.ts'
import { LIMITS } from '../../../helpers/http/limits.ts'

describe('pauseAfter()', () => {
  it('doubles, and gives up after the third attempt', () => {
    const down = { kind: 'status', status: 503 } as const
    expect([1, 2, 3].map(attempt => pauseAfter(down, attempt, true, LIMITS))).toEqual([1000, 2000, undefined])
  })

  it('does not ask again for what will not change', () => {
    for (const status of [400, 403, 404, 410])
      expect(pauseAfter({ kind: 'status', status }, 1, true, LIMITS)).toBeUndefined()
    expect(pauseAfter({ kind: 'digest', got: '', bytes: 1 }, 1, true, LIMITS)).toBeUndefined()
  })

  it('waits as long as a server asks for, within a bound', () => {
    expect(pauseAfter({ kind: 'status', status: 429, retryAfterMs: 7000 }, 1, false, LIMITS)).toBe(7000)
    expect(
      pauseAfter({ kind: 'status', status: 429, retryAfterMs: 3_600_000 }, 1, false, LIMITS),
    ).toBeUndefined()
    expect(pauseAfter({ kind: 'status', status: 429, retryAfterMs: 3_600_000 }, 1, true, LIMITS)).toBe(30_000)
  })

  it('leaves a place that hangs for the next one, and asks again only the last', () => {
    const stalled = { kind: 'stalled', have: 0, seconds: 30 } as const
    const unheard = { kind: 'connection', code: 'UND_ERR_CONNECT_TIMEOUT', detail: '' } as const
    for (const failure of [stalled, unheard]) {
      expect(pauseAfter(failure, 1, false, LIMITS)).toBeUndefined()
      expect(pauseAfter(failure, 1, true, LIMITS)).toBe(1000)
    }
    expect(pauseAfter({ ...unheard, code: 'ECONNREFUSED' }, 1, false, LIMITS)).toBe(1000)
  })
})

describe('bytes()', () => {
  it('rounds to what a person reads', () => {
    expect([0, 999, 1000, 2_345_678, 123_456_789, 5e12].map(bytes)).toEqual([
      '0 B',
      '999 B',
      '1.0 kB',
      '2.3 MB',
      '123 MB',
      '5.0 TB',
    ])
  })
})
