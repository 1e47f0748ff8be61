import { definePackage, plainMake, sh, skip } from 'coolports'

export default definePackage({
  version: '1.0',
  description: 'Another user, for a while',
  homepage: 'https://example.org/login',
  license: 'ISC',
  buildDeps: ['seed'],
  build: plainMake(),
  check: skip('it has no suite'),
  test: sh`test -u /bin/su`,
  update: { kind: 'fixed', why: 'an example' },
  setuid: ['bin/su', 'bin/passwd'],
})
