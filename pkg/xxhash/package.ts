import { definePackage, sh, staticMake } from 'coolports'

export default definePackage({
  version: '0.8.3',
  description: 'Fast digests that are not for secrets, and their library',
  homepage: 'https://xxhash.com',
  license: 'BSD-2-Clause AND GPL-2.0-or-later',
  source: {
    url: 'https://github.com/Cyan4973/xxHash/archive/refs/tags/v0.8.3.tar.gz',
    sha256: 'aae608dfe8213dfd05d909a57718ef82f30722c392344583d3f39050c7f29a80',
  },
  build: staticMake({
    targets: ['libxxhash.a', 'xxhsum'],
    install: ['install_libxxhash.a', 'install_libxxhash.includes', 'install_xxhsum'],
  }),
  test: sh`test "$(xxhsum -H1 </dev/null)" = 'ef46db3751d8e999  stdin'`,
})
