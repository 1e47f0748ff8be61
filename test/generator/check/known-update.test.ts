import { expect, test } from 'vitest'
import { knownUpdate } from '../../../generator/check/known-update.ts'

const GITHUB = 'https://github.com/tukaani-project/xz'

test.each([
  [
    'a release of GitHub',
    '5.8.1',
    `${GITHUB}/releases/download/v5.8.1/xz-5.8.1.tar.xz`,
    { kind: 'git-tags', url: GITHUB, pattern: '^v([0-9.]+)$' },
  ],
  [
    'a tag of GitHub with the name before it',
    '1.8.2',
    'https://github.com/jqlang/jq/archive/refs/tags/jq+1.8.2.tar.gz',
    { kind: 'git-tags', url: 'https://github.com/jqlang/jq', pattern: '^jq\\+([0-9.]+)$' },
  ],
  [
    'a file of ftp.gnu.org, whatever compressed it',
    '6.4',
    'https://ftp.gnu.org/gnu/ncurses/ncurses-6.4.tar.gz',
    { kind: 'listing', url: 'https://ftp.gnu.org/gnu/ncurses/', pattern: 'ncurses-([0-9.]+)\\.tar' },
  ],
  [
    "a source of Debian's pool",
    '5.2.37',
    'https://ftp.debian.org/debian/pool/main/b/bash/bash_5.2.37.orig.tar.xz',
    {
      kind: 'listing',
      url: 'https://ftp.debian.org/debian/pool/main/b/bash/',
      pattern: 'bash_([0-9.]+)\\.orig\\.tar',
    },
  ],
  [
    "a source of Debian's pool on a mirror",
    '2.71',
    'https://ftp.de.debian.org/debian/pool/main/a/autoconf/autoconf_2.71.orig.tar.xz',
    {
      kind: 'listing',
      url: 'https://ftp.de.debian.org/debian/pool/main/a/autoconf/',
      pattern: 'autoconf_([0-9.]+)\\.orig\\.tar',
    },
  ],
])('newer versions of %s are found by its url', (_, version, url, found) => {
  expect(knownUpdate(version, url)).toEqual(found)
  expect(url).toMatch(new RegExp(found.pattern.replace(/[$^]/g, '')))
})

test.each([
  ['another host', '1.0', 'https://example.org/x-1.0.tar.gz'],
  [
    'a host that only looks like Debian',
    '1.0',
    'https://notdebian.org/debian/pool/main/x/x/x_1.0.orig.tar.xz',
  ],
  ["another folder of Debian's", '1.0', 'https://people.debian.org/~x/x-1.0.tar.gz'],
  ['a branch of GitHub', '1.0', 'https://github.com/x/x/archive/refs/heads/1.0.tar.gz'],
  ['a tag that is not the version', '2.8.3', 'https://github.com/x/x/archive/refs/tags/R_2_8_3.tar.gz'],
  ['a longer version', '1.0', 'https://ftp.gnu.org/gnu/x/x-1.0.5.tar.gz'],
  ['the end of a version', '1.0', 'https://ftp.gnu.org/gnu/x/x-2.1.0.tar.gz'],
  ['a version that stands there twice', '1.0', 'https://ftp.gnu.org/gnu/x/x-1.0-for-1.0.tar.gz'],
  ['a version with letters', '59c', 'https://ftp.gnu.org/gnu/x/x-59c.tar.gz'],
  ['a folder for each version', '1.0', 'https://ftp.gnu.org/gnu/x/x-1.0/x-1.0.tar.gz'],
])('%s tells nothing', (_, version, url) => {
  expect(knownUpdate(version, url)).toBeUndefined()
})
