import { describe, expect, it } from 'vitest'
import { debianRoots } from '../../../helpers/fetch/apt-sources.ts'

const list = (text: string) => debianRoots([{ name: 'sources.list', text }])
const stanzas = (text: string) => debianRoots([{ name: 'sources.list.d/debian.sources', text }])

describe('debianRoots()', () => {
  it('reads the one-line format, with options and comments', () => {
    expect(
      list(`# deb http://off/debian bookworm main
deb [ arch=amd64 signed-by=/k.gpg ] http://a/debian/ bookworm main contrib # said
deb-src https://b/debian bookworm-updates main
`),
    ).toEqual(['http://a/debian', 'https://b/debian'])
  })

  it('reads deb822 stanzas, with several uris and lines that go on', () => {
    expect(
      stanzas(`Types: deb deb-src
# a comment
URIs: http://a/debian
 http://b/debian/
Suites: bookworm
 bookworm-updates
Components: main

Types: deb
URIs: http://c/debian-security
Suites: bookworm-security
Components: main
`),
    ).toEqual(['http://a/debian', 'http://b/debian', 'http://c/debian-security'])
  })

  it('leaves out a stanza that is switched off', () => {
    expect(
      stanzas('Enabled: no\nTypes: deb\nURIs: http://a/debian\nSuites: sid\nComponents: main\n'),
    ).toEqual([])
  })

  it('leaves out archives of others, even with a main component', () => {
    expect(
      list(
        'deb https://a/node_20.x nodistro main\ndeb https://b/apt cloud-sdk-bookworm main\ndeb http://c/x ./\n',
      ),
    ).toEqual([])
  })

  it('leaves out a Debian archive without main, and those that cannot be asked', () => {
    expect(
      list(
        'deb http://a/debian bookworm non-free\ndeb cdrom:[Debian_12]/ bookworm main\ndeb mirror+file:/m bookworm main\ndeb tor+http://x/debian sid main\n',
      ),
    ).toEqual([])
  })

  it('keeps an archive on the disk, and each root once', () => {
    expect(
      list('deb file:/srv/debian stable main\ndeb file:///srv/debian/ sid main\ndeb http://a/d sid main\n'),
    ).toEqual(['file:///srv/debian', 'http://a/d'])
  })
})
