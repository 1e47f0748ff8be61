import { definePackage, sh } from 'coolports'

export default definePackage({
  version: '1.3.1',
  description: 'Compression library for the deflate format',
  homepage: 'https://zlib.net',
  license: 'Zlib',
  // Debian's repack of the release, without its contrib/ and doc/ parts that are not free.
  sources: [
    {
      file: 'zlib-1.3.1.tar.gz',
      urls: ['https://snapshot.debian.org/file/3b19b81105d3436095134a648c521b678905eaac'],
      sha256: '60dd315c07f616887caa029408308a018ace66e3d142726a97db164b3b8f69fb',
    },
  ],
  buildDeps: ['seed'],
  build: sh`
    ./configure --prefix= --static
    make
    make DESTDIR="$DESTDIR" install
  `,
  check: sh`make test`,
  testDeps: ['seed'],
  test: sh`
    cat >/tmp/t.c <<'C'
    #include <stdio.h>
    #include <zlib.h>
    int main(void) { return puts(zlibVersion()) < 0; }
    C
    cc -o /tmp/t /tmp/t.c -lz
    test "$(/tmp/t)" = 1.3.1
  `,
  update: { kind: 'listing', url: 'https://zlib.net/', pattern: 'zlib-([0-9.]+)\\.tar\\.gz' },
})
