import { definePackage, mergeSeed, skip } from 'coolports'

export default definePackage({
  version: '1',
  description: 'The seed, put together from the packages that the tree builds with it',
  homepage: 'https://github.com/coolports/coolports',
  license: 'GPL-3.0-or-later AND GPL-3.0-or-later WITH GCC-exception-3.1 AND MIT AND 0BSD',
  buildDeps: ['gcc', 'binutils', 'musl', 'linux-headers', 'make', 'mksh', 'xz', 'gnu-base'],
  build: mergeSeed(),
  check: skip('its parts were checked'),
  test: skip('it is compared with the seed, see doc/seed.md'),
  update: { kind: 'fixed', why: 'it has the versions of its parts' },
  strip: 'none',
})
