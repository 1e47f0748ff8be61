import { definePackage, sh, skip } from 'coolports'

export default definePackage({
  version: '1',
  description: 'The GNU tools that a build needs: coreutils, sed, grep, gawk, tar and others',
  homepage: 'https://www.gnu.org/software/',
  license: 'GPL-3.0-or-later AND bzip2-1.0.6',
  // gawk and tar are Debian's repacks of the releases, without their documentation.
  sources: [
    {
      url: 'https://ftp.gnu.org/gnu/coreutils/coreutils-9.7.tar.xz',
      sha256: 'e8bb26ad0293f9b5a1fc43fb42ba970e312c66ce92c1b0b16713d7500db251bf',
      into: 'coreutils',
    },
    {
      url: 'https://ftp.gnu.org/gnu/sed/sed-4.9.tar.xz',
      sha256: '6e226b732e1cd739464ad6862bd1a1aba42d7982922da7a53519631d24975181',
      into: 'sed',
    },
    {
      url: 'https://ftp.gnu.org/gnu/grep/grep-3.11.tar.xz',
      sha256: '1db2aedde89d0dea42b16d9528f894c8d15dae4e190b59aecc78f5a951276eab',
      into: 'grep',
    },
    {
      url: 'https://ftp.debian.org/debian/pool/main/g/gawk/gawk_5.2.1.orig.tar.xz',
      sha256: '2337a0283b180ec1b9c727973a34781c6478b3ae9bcbdcca0a4dc49861d75a65',
      into: 'gawk',
    },
    {
      url: 'https://ftp.gnu.org/gnu/diffutils/diffutils-3.10.tar.xz',
      sha256: '90e5e93cc724e4ebe12ede80df1634063c7a855692685919bfe60b556c9bd09e',
      into: 'diffutils',
    },
    {
      url: 'https://ftp.gnu.org/gnu/findutils/findutils-4.10.0.tar.xz',
      sha256: '1387e0b67ff247d2abde998f90dfbf70c1491391a59ddfecb8ae698789f0a4f5',
      into: 'findutils',
    },
    {
      url: 'https://ftp.gnu.org/gnu/patch/patch-2.8.tar.xz',
      sha256: 'f87cee69eec2b4fcbf60a396b030ad6aa3415f192aa5f7ee84cad5e11f7f5ae3',
      into: 'patch',
    },
    {
      url: 'https://ftp.debian.org/debian/pool/main/t/tar/tar_1.35+dfsg.orig.tar.xz',
      sha256: '9ae57e981c1e73c0eebc2b26c9b0c4497fe310ef1d516ea430efb5470b71f7a8',
      into: 'tar',
    },
    {
      url: 'https://ftp.gnu.org/gnu/gzip/gzip-1.13.tar.xz',
      sha256: '7454eb6935db17c6655576c2e1b0fabefd38b4d0936e0f87f48cd062ce91a057',
      into: 'gzip',
    },
    {
      url: 'https://sourceware.org/pub/bzip2/bzip2-1.0.8.tar.gz',
      sha256: 'ab5a03176ee106d3f0fa90e381da478ddae405918153cca248e682cd0c4a2269',
      into: 'bzip2',
    },
    {
      url: 'https://ftp.gnu.org/gnu/m4/m4-1.4.19.tar.xz',
      sha256: '63aede5c6d33b6d9b13511cd0be2cac046f2e70fd0a07aa9573a04a82783af96',
      into: 'm4',
    },
  ],
  buildDeps: ['seed'],
  build: sh`
    export CONFIG_SHELL=/bin/sh

    # gnu FOLDER [CONFIGURE-ARGUMENT...]: configure, make and install one of them.
    gnu() (
      cd "$1"
      shift
      ./configure \
        --build=x86_64-build-linux-gnu --host=x86_64-linux-musl \
        --prefix= --disable-nls --disable-dependency-tracking \
        CFLAGS='-O2 -g0' LDFLAGS=--static "$@"
      make
      make DESTDIR="$DESTDIR" install
    )

    gnu coreutils --enable-single-binary=symlinks \
      --enable-no-install-program=stdbuf --disable-acl --disable-libcap \
      --disable-xattr --without-openssl --without-selinux --without-libgmp
    gnu sed --disable-acl --without-selinux
    gnu grep --disable-perl-regexp
    # The repacked source has no doc/, po/ and test/ to walk into.
    sed 's/^SUBDIRS = .*/SUBDIRS = support ./' gawk/Makefile.in >Makefile.in
    touch -r gawk/Makefile.in Makefile.in
    cp -p Makefile.in gawk/Makefile.in
    gnu gawk --disable-extensions --disable-mpfr --disable-pma --without-readline
    gnu diffutils
    gnu findutils --without-selinux
    gnu patch --disable-xattr ac_cv_path_ED=/bin/ed
    gnu tar --with-rmt=/bin/rmt --without-posix-acls --without-selinux \
      --without-xattrs
    gnu gzip GREP=/bin/grep
    gnu m4

    make -C bzip2 bzip2 CC=x86_64-linux-musl-gcc AR=x86_64-linux-musl-ar \
      RANLIB=x86_64-linux-musl-ranlib LDFLAGS=--static \
      CFLAGS='-O2 -g0 -D_FILE_OFFSET_BITS=64'
    cp bzip2/bzip2 "$DESTDIR/bin/bzip2"
    ln -s bzip2 "$DESTDIR/bin/bunzip2"
    ln -s bzip2 "$DESTDIR/bin/bzcat"

    cd "$DESTDIR"
    rm -rf etc include lib share var libexec \
      bin/gawkbug bin/gawk-* bin/locate bin/updatedb
    # Made only where the builder has a less.
    rm -f bin/zless
  `,
  check: skip('most of its suites need perl and hours'),
  testDeps: ['mksh'],
  test: sh`
    cd /tmp
    echo 'a b' >f
    for zip in gzip bzip2; do
      tar -cf t.tar f
      $zip t.tar
      test "$(tar -xOf t.tar.* | grep 'a b' | sed s/a/c/ | awk '{ print $1 }')" = c
      rm t.tar.*
    done
    test "$(find . -name f | xargs cat | cut -c1)" = a
    test "$(echo 'define(x, y)x' | m4)" = y
    cp f g
    diff f g
    echo c >g
    diff -u f g >p || test $? = 1
    patch f p
    cmp f g
  `,
  update: { kind: 'fixed', why: 'its sources are brought up to date together, when a new seed is made' },
})
