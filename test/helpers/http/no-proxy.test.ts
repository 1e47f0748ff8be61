import { describe, expect, it } from 'vitest'
import { noProxy } from '../../../helpers/http/no-proxy.ts'

const isDirect = (list: string, url: string): boolean => noProxy(list)(new URL(url))

describe('noProxy()', () => {
  it.each([
    ['a.example', 'http://a.example/x'],
    ['.a.example', 'http://a.example/x'],
    ['*.a.example', 'https://b.a.example/x'],
    ['a.example', 'http://c.b.a.example:8080/x'],
    ['A.Example', 'http://a.example/x'],
    ['a.example:8080', 'http://a.example:8080/x'],
    ['a.example:443', 'https://a.example/x'],
    ['other.example, 10.0.0.0/8', 'http://10.1.2.3:3142/x'],
    ['192.168.4.0/22', 'http://192.168.7.255/x'],
    ['10.1.2.3/32', 'http://10.1.2.3/x'],
    ['fd00::/8', 'http://[fd12::1]:80/x'],
    ['::1', 'http://[::1]:9/x'],
    ['[::1]:9', 'http://[::1]:9/x'],
    ['0:0:0:0:0:0:0:1', 'http://[::1]:9/x'],
    [' * ', 'https://anything/x'],
  ])('%j names %s', (list, url) => {
    expect(isDirect(list, url)).toBe(true)
  })

  it.each([
    ['', 'http://a.example/x'],
    ['a.example', 'http://aa.example/x'],
    ['a.example', 'http://a.example.org/x'],
    ['a.example:8080', 'http://a.example/x'],
    ['10.0.0.0/8', 'http://11.0.0.1/x'],
    ['10.0.0.0/8', 'http://10.example/x'],
    ['10.0.0.0/33', 'http://10.0.0.0/x'],
    ['0.0.0.0/0', 'http://[::1]/x'],
    ['::1', 'http://[::2]/x'],
    ['.', 'http://a.example/x'],
  ])('%j does not name %s', (list, url) => {
    expect(isDirect(list, url)).toBe(false)
  })
})
