import { definePackage, sh, skip } from 'coolports'

export default definePackage({
  version: '2.44',
  description: 'Assembler, linker and other tools for object files',
  homepage: 'https://www.gnu.org/software/binutils/',
  license: 'GPL-3.0-or-later',
  // Debian's repack of the release, without its documentation.
  source: {
    url: 'https://ftp.debian.org/debian/pool/main/b/binutils/binutils_2.44.orig.tar.xz',
    sha256: 'c41a0272424f41bb01bf828e7ffef1b2d59d1788064fd6b5f1d971717e9320b8',
  },
  buildDeps: ['seed'],
  build: sh`
    mkdir build
    cd build
    CONFIG_SHELL=/bin/sh CFLAGS='-O2 -g0' CXXFLAGS='-O2 -g0' \
    CC_FOR_BUILD=x86_64-linux-musl-gcc CFLAGS_FOR_BUILD='-O2 -g0' \
    LDFLAGS_FOR_BUILD=--static LDFLAGS=--static \
    ../configure \
      --build=x86_64-build-linux-gnu --host=x86_64-linux-musl \
      --target=x86_64-linux-musl \
      --prefix= --libdir=/lib --with-sysroot=/ \
      --disable-gold --disable-gprof --disable-gprofng --disable-libctf \
      --disable-plugins --disable-nls --disable-shared --disable-multilib \
      --disable-werror --without-zstd --without-debuginfod \
      --enable-deterministic-archives --enable-default-hash-style=gnu \
      --enable-new-dtags
    make MAKEINFO=true INFO_DEPS=
    make MAKEINFO=true INFO_DEPS= DESTDIR="$DESTDIR" install

    # Builds name their tools with the target's prefix, as a cross compiler does.
    for tool in addr2line ar as c++filt elfedit ld ld.bfd nm objcopy objdump \
      ranlib readelf size strings strip; do
      ln -sf "$tool" "$DESTDIR/bin/x86_64-linux-musl-$tool"
    done
    # What gcc calls by the target's folder are the same programs.
    for tool in "$DESTDIR"/x86_64-linux-musl/bin/*; do
      ln -sf "../../bin/\${tool##*/}" "$tool"
    done
    rm -rf "$DESTDIR/share" "$DESTDIR/include" "$DESTDIR"/lib/lib*.a \
      "$DESTDIR"/lib/lib*.la "$DESTDIR/lib/bfd-plugins"
    find "$DESTDIR/lib" -depth -type d -empty -exec rmdir {} \; 2>/dev/null || :
  `,
  check: skip('its suite is written for dejagnu'),
  testDeps: ['gnu-base', 'mksh'],
  test: sh`
    cd /tmp
    printf '.globl _start\n_start: mov $60, %%eax\nxor %%edi, %%edi\nsyscall\n' >a.s
    as -o a.o a.s
    ld -o a a.o
    ./a
  `,
  update: {
    kind: 'listing',
    url: 'https://ftp.gnu.org/gnu/binutils/',
    pattern: 'binutils-([0-9.]+)\\.tar\\.[gx]z',
  },
})
