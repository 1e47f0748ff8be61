import { definePackage, HOST_TOOLS, sh, skip, sourcesOf } from 'coolports'
import binutils from '../binutils/package.ts'
import gcc from '../gcc/package.ts'
import gnuBase from '../gnu-base/package.ts'
import linuxHeaders from '../linux-headers/package.ts'
import musl from '../musl/package.ts'

export default definePackage({
  version: '1',
  description: "The host's compiler turned into a cross toolchain below /cross: the first tier of the seed",
  homepage: 'https://gcc.gnu.org',
  license:
    'GPL-3.0-or-later AND GPL-3.0-or-later WITH GCC-exception-3.1 AND MIT AND GPL-2.0-only WITH Linux-syscall-note',
  sources: [
    ...sourcesOf(gnuBase).filter(({ into }) => into === 'm4'),
    ...sourcesOf(binutils, 'binutils'),
    ...sourcesOf(linuxHeaders),
    ...sourcesOf(musl, 'musl'),
    ...sourcesOf(gcc),
  ],
  hostPaths: HOST_TOOLS,
  build: sh`
    # The host's compiler makes a cross toolchain for x86_64-linux-musl below
    # /cross. It is configured like the tree's own gcc, binutils and musl, because
    # its libraries end up inside the programs that those recipes link.
    target=x86_64-linux-musl
    out=$DESTDIR/cross
    sysroot=$out/sysroot
    cross_flags='-O2 -g0'
    export PATH="$out/bin:$PATH"

    (
      cd m4
      CFLAGS=$cross_flags ./configure --prefix=/cross --disable-nls
      make
      make install
    )

    mkdir binutils-build
    (
      cd binutils-build
      CFLAGS=$cross_flags CXXFLAGS=$cross_flags ../binutils/configure \
        --prefix=/cross --target=$target --with-sysroot=/cross/sysroot \
        --disable-gold --disable-gprof --disable-gprofng --disable-libctf \
        --disable-plugins --disable-nls --disable-shared --disable-multilib \
        --disable-werror --without-zstd --without-debuginfod \
        --enable-deterministic-archives \
        --enable-default-hash-style=gnu --enable-new-dtags
      make MAKEINFO=true INFO_DEPS=
      make MAKEINFO=true INFO_DEPS= install
    )

    mkdir linux
    tar -xJf /sources/linux_6.1.176.orig.tar.xz -C linux --strip-components=1 \
      --no-same-owner --wildcards '*/Kbuild' '*/Makefile' '*/arch/x86' \
      '*/include' '*/scripts' '*/usr'
    mkdir -p "$sysroot/include" "$sysroot/lib"
    (
      cd linux
      make ARCH=x86 headers
      find usr/include -type f ! -name '*.h' -exec rm {} +
      cp -a usr/include/. "$sysroot/include/"
    )
    (
      cd musl
      patch -p1 </sources/CVE-2026-6042.diff
      patch -p1 </sources/CVE-2026-40200.diff
      make ARCH=x86_64 prefix= DESTDIR="$sysroot" install-headers
    )

    mkdir gcc
    tar -xOzf /sources/gcc-14_14.2.0.orig.tar.gz \
      gcc-14-14.2.0/gcc-14.2.0-dfsg.tar.xz >gcc.tar.xz
    tar -xJf gcc.tar.xz -C gcc --strip-components=1 --no-same-owner
    mv gmp mpfr mpc gcc/
    # The repacked sources lack their documentation.
    mkdir -p gcc/gmp/doc
    printf 'all install check clean distclean:\n' >gcc/gmp/doc/Makefile.in
    sed 's|$(RUN_GEN) build/genhooks$(build_exeext) -d|cat|' \
      gcc/gcc/Makefile.in >Makefile.in
    touch -r gcc/gcc/Makefile.in Makefile.in
    cp -p Makefile.in gcc/gcc/Makefile.in

    mkdir gcc-build
    (
      cd gcc-build
      CFLAGS=$cross_flags CXXFLAGS=$cross_flags \
      CFLAGS_FOR_TARGET='-O2 -g0' CXXFLAGS_FOR_TARGET='-O2 -g0' \
      ../gcc/configure \
        --prefix=/cross --libdir=/cross/lib --target=$target \
        --with-sysroot=/cross/sysroot --with-build-sysroot="$sysroot" \
        --with-native-system-header-dir=/include \
        --enable-languages=c,c++ --disable-bootstrap --disable-multilib \
        --disable-nls --disable-lto --disable-plugin \
        --disable-analyzer --disable-libstdcxx-pch --disable-decimal-float \
        --disable-gnu-indirect-function --disable-libgomp \
        --disable-libitm --disable-libquadmath --disable-libsanitizer \
        --disable-libssp --disable-libvtv --disable-werror \
        --enable-default-pie --enable-checking=release --enable-tls \
        --enable-initfini-array --enable-libstdcxx-time=rt \
        --without-zstd --without-isl
      make MAKEINFO=true all-gcc
      make MAKEINFO=true enable_shared=no all-target-libgcc
    )

    mkdir musl-build
    (
      cd musl-build
      xgcc=$PWD/../gcc-build/gcc/xgcc
      libgcc=$PWD/../gcc-build/$target/libgcc/libgcc.a
      ../musl/configure --target=$target --prefix= --libdir=/lib \
        --syslibdir=/lib CFLAGS='-O2 -g0' \
        CC="$xgcc -B\${xgcc%/*}/ --sysroot=$sysroot" \
        AR=$target-ar RANLIB=$target-ranlib LIBCC="$libgcc"
      make
      make DESTDIR="$sysroot" install
    )

    (
      cd gcc-build
      rm -r $target/libgcc
      make MAKEINFO=true
      make MAKEINFO=true install
    )

    # The target's libraries belong into the system root. Those of the compiler
    # stay beside it as well, where it finds them whichever root it is given: the
    # next tier's own libstdc++ is configured by linking with them.
    mkdir -p "$out/$target/lib"
    for dir in lib lib64; do
      if test -d "$out/$target/$dir"; then
        find "$out/$target/$dir" -mindepth 1 -maxdepth 1 -name 'lib*' \
          -exec mv {} "$sysroot/lib/" \;
      fi
    done
    for lib in stdc++ supc++ atomic gcc_s; do
      find "$sysroot/lib" -name "lib$lib*" -exec cp -a {} "$out/$target/lib/" \;
    done
    find "$out" -name '*.la' -exec rm {} +
    rm -rf "$out/share" "$out"/libexec/gcc/*/*/install-tools
    find "$sysroot/lib" "$out/lib/gcc" -name '*.[ao]' -exec $target-strip -g {} +
  `,
  check: skip('its suites are written for dejagnu'),
  test: skip('the next tier of the seed is its test'),
  update: { kind: 'fixed', why: 'it has the versions of binutils, gcc and musl, which it starts' },
  strip: 'none',
})
