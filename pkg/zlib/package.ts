import { autotools, definePackage, sh } from 'coolports'

export default definePackage({
  version: '1.3.1',
  description: 'Compression library for the deflate format',
  homepage: 'https://zlib.net',
  license: 'Zlib',
  // Debian's repack of the release, without its contrib/ and doc/ parts that are not free.
  source: {
    file: 'zlib-1.3.1.tar.gz',
    url: 'https://ftp.debian.org/debian/pool/main/z/zlib/zlib_1.3.dfsg+really1.3.1.orig.tar.gz',
    sha256: '60dd315c07f616887caa029408308a018ace66e3d142726a97db164b3b8f69fb',
  },
  buildDeps: ['seed'],
  build: autotools({ configure: ['--static'] }),
  testDeps: ['seed'],
  test: sh`
    echo '#include <zlib.h>' >/tmp/t.c
    echo 'int main(void) { return zlibVersion()[0] != ZLIB_VERSION[0]; }' >>/tmp/t.c
    cc -o /tmp/t /tmp/t.c -lz
    /tmp/t
  `,
  update: { kind: 'listing', url: 'https://zlib.net/', pattern: 'zlib-([0-9.]+)\\.tar\\.gz' },
})
