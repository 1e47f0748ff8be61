import { describe, expect, it } from 'vitest'
import { readAnswer } from '../../../helpers/http/answer.ts'

describe('readAnswer()', () => {
  it('takes 200 as the whole file, whatever was asked for', () => {
    expect(readAnswer(200, { 'content-length': '9', etag: '"a"' }, 5)).toEqual({
      kind: 'whole',
      total: 9,
      etag: '"a"',
    })
  })

  it('takes a range only if it begins where the bytes end', () => {
    expect(readAnswer(206, { 'content-range': 'bytes 5-8/9' }, 5)).toEqual({ kind: 'rest', total: 9 })
    expect(readAnswer(206, { 'content-range': 'bytes 5-8/*' }, 5)).toEqual({ kind: 'rest' })
    for (const range of ['bytes 4-8/9', 'bytes=5-8/9', undefined]) {
      expect(readAnswer(206, { 'content-range': range }, 5)).toMatchObject({ failure: { kind: 'range' } })
    }
  })

  it('does not go by a weak etag', () => {
    expect(readAnswer(200, { etag: 'W/"a"' }, 0)).toEqual({ kind: 'whole' })
  })

  it('knows from 416 that all is there, or that what is there is wrong', () => {
    expect(readAnswer(416, { 'content-range': 'bytes */5' }, 5)).toEqual({ kind: 'complete' })
    expect(readAnswer(416, { 'content-range': 'bytes */4' }, 5)).toMatchObject({ failure: { kind: 'range' } })
  })

  it('reads Retry-After in seconds and leaves out nonsense', () => {
    const failure = (header: string) => readAnswer(503, { 'retry-after': header }, 0)
    expect(failure('7')).toEqual({
      kind: 'refused',
      failure: { kind: 'status', status: 503, retryAfterMs: 7000 },
    })
    expect(failure('soon')).toEqual({
      kind: 'refused',
      failure: { kind: 'status', status: 503 },
    })
    expect(failure('Thu, 01 Jan 1970 00:00:00 GMT')).toMatchObject({ failure: { retryAfterMs: 0 } })
  })
})
