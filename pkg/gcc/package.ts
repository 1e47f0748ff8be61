import { definePackage, sh, skip } from 'coolports'

export default definePackage({
  version: '14.2.0',
  description: 'Compilers for C and C++ and their libraries',
  homepage: 'https://gcc.gnu.org',
  license: 'GPL-3.0-or-later AND GPL-3.0-or-later WITH GCC-exception-3.1',
  // gcc and gmp are Debian's repacks of the releases, without their documentation.
  sources: [
    {
      url: 'https://ftp.debian.org/debian/pool/main/g/gcc-14/gcc-14_14.2.0.orig.tar.gz',
      sha256: 'e162a5ef3f0077ecae598c6556908d2ab80841532df3398072a96a6df6e6aa29',
      unpack: false,
    },
    {
      url: 'https://ftp.debian.org/debian/pool/main/g/gmp/gmp_6.3.0+dfsg.orig.tar.xz',
      sha256: 'bd2966e6d277f79328e894a5a9f3ba3fbf2ed2be81def5f48623e30c23fb1572',
      into: 'gmp',
    },
    {
      url: 'https://ftp.gnu.org/gnu/mpfr/mpfr-4.2.2.tar.xz',
      sha256: 'b67ba0383ef7e8a8563734e2e889ef5ec3c3b898a01d00fa0a6869ad81c6ce01',
      into: 'mpfr',
    },
    {
      url: 'https://ftp.gnu.org/gnu/mpc/mpc-1.3.1.tar.gz',
      sha256: 'ab642492f5cf882b74aa0cb730cd410a81edcdbec895183ce930e706c1c759b8',
      into: 'mpc',
    },
  ],
  buildDeps: ['seed'],
  runDeps: ['binutils', 'linux-headers', 'musl'],
  build: sh`
    target=x86_64-linux-musl
    export CONFIG_SHELL=/bin/sh

    mkdir gcc
    tar -xOzf /sources/gcc-14_14.2.0.orig.tar.gz \
      gcc-14-14.2.0/gcc-14.2.0-dfsg.tar.xz >gcc.tar.xz
    tar -xJf gcc.tar.xz -C gcc --strip-components=1 --no-same-owner
    rm gcc.tar.xz
    mv gmp mpfr mpc gcc/
    # The repacked sources lack their documentation.
    mkdir gcc/gmp/doc
    printf 'all install check clean distclean:\n' >gcc/gmp/doc/Makefile.in
    sed 's|$(RUN_GEN) build/genhooks$(build_exeext) -d|cat|' \
      gcc/gcc/Makefile.in >Makefile.in
    touch -r gcc/gcc/Makefile.in Makefile.in
    cp -p Makefile.in gcc/gcc/Makefile.in

    # The target's libraries see libc and the kernel's headers, and no other
    # package: what else stands in the root must not change them.
    from=$($target-gcc -print-sysroot)
    from=\${from%/}
    mkdir -p sysroot/include sysroot/lib
    (cd "$from/include" && tar -cf - --exclude=./c++ .) >include.tar
    tar -xf include.tar -C sysroot/include
    for lib in Scrt1.o crt1.o crti.o crtn.o rcrt1.o libc.a libc.so libcrypt.a \
      libdl.a libgcc_s.so libgcc_s.so.1 libm.a libpthread.a libresolv.a \
      librt.a libutil.a libxnet.a; do
      cp -a "$from/lib/$lib" sysroot/lib/
    done

    # Always configured as if it were for another machine: nothing is guessed by
    # running a program, and the build machine's own compiler has no part in it.
    export CC=$target-gcc CXX=$target-g++ CFLAGS='-O2 -g0' CXXFLAGS='-O2 -g0'
    export LDFLAGS=--static
    export CC_FOR_BUILD="$target-gcc -static" CXX_FOR_BUILD="$target-g++ -static"
    export CFLAGS_FOR_BUILD='-O2 -g0' CXXFLAGS_FOR_BUILD='-O2 -g0'
    export CFLAGS_FOR_TARGET='-O2 -g0' CXXFLAGS_FOR_TARGET='-O2 -g0'
    export CC_FOR_TARGET=$target-gcc GCC_FOR_TARGET=$target-gcc
    export CXX_FOR_TARGET=$target-g++ RAW_CXX_FOR_TARGET=$target-g++
    export AS_FOR_TARGET=$target-as LD_FOR_TARGET=$target-ld
    export AR_FOR_TARGET=$target-ar RANLIB_FOR_TARGET=$target-ranlib
    export NM_FOR_TARGET=$target-nm OBJDUMP_FOR_TARGET=$target-objdump
    export OBJCOPY_FOR_TARGET=$target-objcopy
    export READELF_FOR_TARGET=$target-readelf STRIP_FOR_TARGET=$target-strip

    mkdir build
    cd build
    ../gcc/configure \
      --build=x86_64-build-linux-gnu --host=$target --target=$target \
      --prefix= --libdir=/lib --with-sysroot=/ \
      --with-build-sysroot=/home/build/src/sysroot \
      --with-native-system-header-dir=/include \
      --enable-languages=c,c++ --disable-bootstrap --disable-multilib \
      --disable-nls --disable-lto --disable-plugin \
      --disable-libstdcxx-pch --disable-decimal-float \
      --disable-gnu-indirect-function --disable-libgomp --disable-libitm \
      --disable-libquadmath --disable-libsanitizer --disable-libssp \
      --disable-libvtv --disable-werror \
      --enable-default-pie --enable-checking=release --enable-tls \
      --enable-initfini-array --enable-libstdcxx-time=rt \
      --without-zstd --without-isl
    make MAKEINFO=true
    make MAKEINFO=true DESTDIR="$DESTDIR" install

    cd "$DESTDIR"
    mv lib64/* lib/
    rmdir lib64
    find lib -name '*.la' -exec rm {} +
    find lib libexec -name install-tools -type d -prune -exec rm -r {} +
    rm -r share
    rm -f lib/*-gdb.py
    ln -s gcc bin/cc
  `,
  check: skip('its suite is written for dejagnu'),
  testDeps: ['gnu-base', 'mksh'],
  test: sh`
    cd /tmp
    echo 'int puts(const char *); int main(void) { return puts("c") < 0; }' >a.c
    gcc -static -o a a.c
    test "$(./a)" = c
    cat >b.cc <<'C'
    #include <iostream>
    int main() { try { throw "c++"; } catch (const char *s) { std::cout << s << std::endl; } }
    C
    g++ -static -o b b.cc
    test "$(./b)" = c++
    g++ -o b b.cc
    test "$(./b)" = c++
  `,
  update: { kind: 'listing', url: 'https://ftp.gnu.org/gnu/gcc/', pattern: 'gcc-(14\\.[0-9.]+)/' },
})
