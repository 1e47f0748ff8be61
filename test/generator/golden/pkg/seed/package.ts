import { definePackage, importArchive, skip } from 'coolports'

export default definePackage({
  version: '1',
  description: 'A seed',
  homepage: 'https://example.org/seed',
  license: 'MIT',
  sources: [
    {
      urls: ['https://example.org/seed.tar.xz'],
      sha256: '1111111111111111111111111111111111111111111111111111111111111111',
    },
  ],
  build: importArchive(),
  test: skip('it is what tests are run with'),
  update: { kind: 'fixed', why: 'it is a seed' },
})
