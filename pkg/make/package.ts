import { definePackage, sh, skip } from 'coolports'

export default definePackage({
  version: '4.4.1',
  description: 'Runs the commands that bring files up to date',
  homepage: 'https://www.gnu.org/software/make/',
  license: 'GPL-3.0-or-later',
  // Debian's repack of the release, without its documentation.
  sources: [
    {
      file: 'make-dfsg_4.4.1.orig.tar.xz',
      urls: ['https://snapshot.debian.org/file/5168d9098a29e7507551203bbc30894420ec9869'],
      sha256: '3b16b00ea1079af9f8096bbc71ff7cc00c249fc6a862003da3c42308a0adb0fe',
    },
  ],
  buildDeps: ['seed'],
  build: sh`
    # The repacked source lacks doc/, which configure and make walk into.
    mkdir doc
    printf 'all install check clean distclean:\n' >doc/Makefile.in
    : >doc/make.1

    CONFIG_SHELL=/bin/sh ./configure \
      --build=x86_64-build-linux-gnu --host=x86_64-linux-musl \
      --prefix= --disable-nls --without-guile \
      CFLAGS='-O2 -g0' LDFLAGS=--static
    make
    make DESTDIR="$DESTDIR" install
    rm -r "$DESTDIR/share"
  `,
  check: skip('its suite is written in perl'),
  testDeps: ['mksh'],
  test: sh`
    cd /tmp
    {
      echo '.RECIPEPREFIX = >'
      echo 'all: a'
      echo '>@read -r word <a && test "$$word" = made'
      echo 'a:'
      echo '>@echo made >a'
    } >Makefile
    make --version
    make
  `,
  update: { kind: 'listing', url: 'https://ftp.gnu.org/gnu/make/', pattern: 'make-([0-9.]+)\\.tar\\.[gx]z' },
})
