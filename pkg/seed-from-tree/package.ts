import { definePackage, mergeSeed, skip } from 'coolports'
import seed from '../seed/package.ts'

export default definePackage({
  version: '1',
  description: 'The seed, put together from the packages that the tree builds with it',
  homepage: 'https://github.com/coolports',
  license: seed.license,
  buildDeps: ['gcc', 'binutils', 'musl', 'linux-headers', 'make', 'mksh', 'xz', 'gnu-base'],
  build: mergeSeed(),
  check: skip('its parts were checked'),
  test: skip('it is compared with the seed, see doc/seed.md'),
  update: { kind: 'fixed', why: 'it has the versions of its parts' },
  strip: 'none',
})
