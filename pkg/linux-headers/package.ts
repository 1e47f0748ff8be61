import { definePackage, sh, skip } from 'coolports'

export default definePackage({
  version: '6.1.176',
  description: 'Headers of the Linux kernel for programs',
  homepage: 'https://www.kernel.org',
  license: 'GPL-2.0-only WITH Linux-syscall-note',
  // Debian's repack of the release, without the firmware and documentation that are not free.
  source: {
    url: 'https://ftp.debian.org/debian/pool/main/l/linux/linux_6.1.176.orig.tar.xz',
    sha256: '9aad4025973feea3f0d978e82ab7db97d8d5ce3f59fcc6b1f316153d66e3a504',
    unpack: false,
  },
  buildDeps: ['seed'],
  build: sh`
    tar -xJf /sources/linux_6.1.176.orig.tar.xz --strip-components=1 \
      --no-same-owner --wildcards '*/Kbuild' '*/Makefile' '*/arch/x86' \
      '*/include' '*/scripts' '*/usr'
    make ARCH=x86 HOSTCC='x86_64-linux-musl-gcc -static' headers
    mkdir "$DESTDIR/include"
    (cd usr/include && find . -name '*.h' | sort >/tmp/headers)
    tar -C usr/include -cf /tmp/headers.tar -T /tmp/headers
    tar -C "$DESTDIR/include" -xf /tmp/headers.tar
  `,
  check: skip('headers have no suite'),
  testDeps: ['mksh'],
  test: sh`
    test -e /include/linux/version.h
    test -e /include/asm/unistd_64.h
  `,
  update: {
    kind: 'listing',
    url: 'https://cdn.kernel.org/pub/linux/kernel/v6.x/',
    pattern: 'linux-(6\\.1\\.[0-9]+)\\.tar\\.xz',
  },
  strip: 'none',
})
