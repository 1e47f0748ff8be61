import { definePackage, sh, skip } from 'coolports'

export default definePackage({
  version: '1.2.6',
  description: 'The C library: headers, start files, static and shared',
  homepage: 'https://musl.libc.org',
  license: 'MIT',
  sources: [
    {
      url: 'https://musl.libc.org/releases/musl-1.2.6.tar.gz',
      sha256: 'd585fd3b613c66151fc3249e8ed44f77020cb5e6c1e635a616d3f9f82460512a',
    },
    // Upstream's corrections of 1.2.6, from its announcements; the tree holds them in mirrors/files.
    {
      file: 'CVE-2026-6042.diff',
      urls: [
        'https://www.openwall.com/lists/musl/2026/04/03/2/1',
        'https://raw.githubusercontent.com/rust-lang/rust/24a41186aa19cd09108296505641f63921b92d37/src/ci/docker/scripts/musl-cve-2026-6042.diff',
      ],
      sha256: '444fa70e52ca158fb7d4bad560637790bbf8f72e80b82fff840dd66fa83091e3',
      unpack: false,
    },
    {
      file: 'CVE-2026-40200.diff',
      urls: [
        'https://www.openwall.com/lists/musl/2026/04/10/3/1',
        'https://raw.githubusercontent.com/rust-lang/rust/053c8a0b5f857d9fe2e22ed729ebbd8c2853b344/src/ci/docker/scripts/musl-cve-2026-40200.diff',
      ],
      sha256: '1ee29f64f9ca8e8ad7c349779d661ff6b52126a27575d3586981357a52c406fb',
      unpack: false,
    },
  ],
  buildDeps: ['seed'],
  build: sh`
    patch -p1 </sources/CVE-2026-6042.diff
    patch -p1 </sources/CVE-2026-40200.diff
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
