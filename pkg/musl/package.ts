import { definePackage, sh, skip } from 'coolports'

export default definePackage({
  version: '1.2.5',
  description: 'The C library: headers, start files, static and shared',
  homepage: 'https://musl.libc.org',
  license: 'MIT',
  sources: [
    {
      urls: ['https://musl.libc.org/releases/musl-1.2.5.tar.gz'],
      sha256: 'a9a118bbe84d8764da0ea0d28b3ab3fae8477fc7e4085d90102b8596fc7c75e4',
    },
  ],
  buildDeps: ['seed'],
  build: sh`
    ./configure --target=x86_64-linux-musl --prefix= --libdir=/lib \
      --syslibdir=/lib \
      CC=x86_64-linux-musl-gcc CFLAGS='-O2 -g0'
    make
    make DESTDIR="$DESTDIR" install
    # The wrapper script is for hosts with another libc.
    rm -f "$DESTDIR/bin/musl-gcc" "$DESTDIR/lib/musl-gcc.specs"
    ln -sf libc.so "$DESTDIR/lib/ld-musl-x86_64.so.1"
  `,
  check: skip('it has no suite of its own'),
  testDeps: ['mksh'],
  test: sh`
    test -e /lib/libc.a
    test -e /lib/crt1.o
    test -e /include/stdio.h
    test -x /lib/ld-musl-x86_64.so.1
  `,
  update: { kind: 'listing', url: 'https://musl.libc.org/releases/', pattern: 'musl-([0-9.]+)\\.tar\\.gz' },
})
