import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { Netrc, parseNetrc } from '../../../helpers/http/netrc.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'netrc-'))
})
afterEach(() => rmSync(folder, { recursive: true }))

function netrcOf(text: string): Netrc {
  writeFileSync(join(folder, '.netrc'), text)
  return new Netrc({ HOME: folder })
}

const basic = (user: string): string => `Basic ${Buffer.from(user).toString('base64')}`

describe('parseNetrc()', () => {
  it.each([
    ['on one line', 'machine h login u password p'],
    ['on several lines, with blanks at will', '\r\n\tmachine\th\r\n  login u\r\n  password p\r\n'],
    ['in quotes', 'machine "h" login "u" password p'],
    ['after comments', '# machine x login y\nmachine h # mine, password z\nlogin u password p # machine i'],
    ['with an account, which counts for nothing', 'machine h login u account a password p'],
    ['after a macro', 'macdef init\ncd /machine x\nmachine y\n\nmachine h login u password p'],
    ['before a default, which is for nobody', 'machine h login u password p default login d password d'],
    ['before a macro without an end', 'machine h login u password p\nmacdef x\nmachine z'],
  ])('reads an entry %s', (_, text) => {
    expect(parseNetrc(text)).toEqual([{ machine: 'h', login: 'u', password: 'p' }])
  })

  it('reads blanks, quotes and a # in a password', () => {
    const said = parseNetrc('machine h password "a \\"b\\" \\\\c"\nmachine i password #1#')
    expect(said.map(({ password }) => password)).toEqual(['a "b" \\c', '#1#'])
  })
})

describe('a password', () => {
  it.each([
    ['h.example', 'https://h.example/x', true],
    ['h.example', 'https://h.example:8443/x', true],
    ['H.Example', 'https://h.example/x', true],
    ['h.example:8443', 'https://h.example:8443/x', true],
    ['h.example:443', 'https://h.example/x', true],
    ['https://h.example', 'https://h.example/x', true],
    ['http://h.example:8081/', 'http://h.example:8081/x', true],
    ['http://h.example', 'http://h.example/x', true],
    ['localhost', 'http://localhost:8081/x', true],
    ['127.0.0.1', 'http://127.0.0.1/x', true],
    ['h.example', 'http://h.example/x', false],
    ['http://h.example', 'https://h.example/x', false],
    ['https://localhost', 'http://localhost/x', false],
    ['h.example:8443', 'https://h.example/x', false],
    ['example', 'https://h.example/x', false],
    ['h.example', 'https://h.example.org/x', false],
    ['h.example', 'https://sub.h.example/x', false],
  ])('for the machine %s and the question %s: %s', (machine, url, isSent) => {
    const netrc = netrcOf(`machine ${machine} login me password secret`)
    expect(netrc.authorizationFor(url)).toBe(isSent ? basic('me:secret') : undefined)
  })

  it('is that of the first entry which has one', () => {
    const netrc = netrcOf('machine h\nmachine h login a password 1\nmachine h login b password 2')
    expect(netrc.authorizationFor('https://h/')).toBe(basic('a:1'))
  })

  it('is read from $NETRC, where that is set', () => {
    writeFileSync(join(folder, 'other'), 'machine h password token')
    const netrc = new Netrc({ HOME: '/nowhere', NETRC: join(folder, 'other') })
    expect(netrc.authorizationFor('https://h/')).toBe(basic(':token'))
  })
})

describe('whyRefused()', () => {
  it('says what to write, and never what is written', () => {
    const path = join(folder, '.netrc')
    const netrc = netrcOf('machine h login me password secret')
    expect(netrc.whyRefused('https://h/x')).toBe(`it does not take the password of "${path}"`)
    const none = `it wants a password, and "${path}" has none for`
    expect(netrc.whyRefused('https://i:8443/x')).toBe(`${none} "machine i:8443"`)
    expect(netrc.whyRefused('http://h/x')).toBe(`${none} "machine http://h"`)
  })

  it('says why the file is of no use', () => {
    expect(new Netrc({ NETRC: folder }).whyRefused('https://h/x')).toBe(
      `it wants a password, and in "${folder}" there is none: it is a folder, not a file`,
    )
  })
})
