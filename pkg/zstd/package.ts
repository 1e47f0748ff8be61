import { definePackage, sh, staticMake } from 'coolports'

export default definePackage({
  version: '1.5.7',
  description: 'Compressor for speed and size alike, and its library',
  homepage: 'https://facebook.github.io/zstd/',
  license: 'BSD-3-Clause OR GPL-2.0-only',
  // Debian's repack of the release, without its documentation.
  source: {
    url: 'https://ftp.debian.org/debian/pool/main/libz/libzstd/libzstd_1.5.7+dfsg.orig.tar.xz',
    sha256: '0c092ef267edce57ba7f3f2645c861f72eaf5e76273c6c3632869423464b90a5',
  },
  buildDeps: ['seed', 'file', 'lz4', 'xz', 'zlib'],
  build: staticMake({
    make: ['-C', 'programs', 'PREFIX='],
    after: sh`make -C lib PREFIX= DESTDIR="$DESTDIR" install-static install-includes`,
  }),
  check: sh`make check`,
  test: sh`test "$(echo hello | zstd -c --format=xz | zstd -dc)" = hello`,
  update: { kind: 'git-tags', url: 'https://github.com/facebook/zstd', pattern: '^v([0-9.]+)$' },
})
