import { describe, expect, it } from 'vitest'
import { nextUrl } from '../../../helpers/http/http.ts'

describe('nextUrl()', () => {
  it('follows to another host, up to https, and by a relative path', () => {
    expect(nextUrl('http://a/b/c', 'https://d/e')).toEqual({ ok: true, value: 'https://d/e' })
    expect(nextUrl('http://a/b/c', '../e')).toEqual({ ok: true, value: 'http://a/e' })
  })

  it('never leads from https down to http', () => {
    expect(nextUrl('https://a/b', 'http://a/b')).toEqual({ ok: false, error: 'from https to "http://a/b"' })
  })

  it('never leads to a file of this machine, or with a password', () => {
    expect(nextUrl('http://a/b', 'file:///etc/passwd').ok).toBe(false)
    expect(nextUrl('http://a/b', 'http://me:secret@b/').ok).toBe(false)
  })

  it('leads nowhere without a place to go', () => {
    for (const location of [undefined, 'http://[', ['http://a', 'http://b']]) {
      expect(nextUrl('http://a/b', location)).toEqual({ ok: false, error: 'it leads nowhere' })
    }
  })
})
