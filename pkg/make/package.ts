import { definePackage, sh, skip, staticAutotools } from 'coolports'

export default definePackage({
  version: '4.4.1',
  description: 'Runs the commands that bring files up to date',
  homepage: 'https://www.gnu.org/software/make/',
  license: 'GPL-3.0-or-later',
  // Debian's repack of the release, without its documentation.
  source: {
    url: 'https://ftp.debian.org/debian/pool/main/m/make-dfsg/make-dfsg_4.4.1.orig.tar.xz',
    sha256: '3b16b00ea1079af9f8096bbc71ff7cc00c249fc6a862003da3c42308a0adb0fe',
  },
  build: staticAutotools({
    // The repacked source lacks doc/, which configure and make walk into.
    before: sh`
      mkdir doc
      printf 'all install check clean distclean:\n' >doc/Makefile.in
      : >doc/make.1
    `,
    configure: ['--without-guile'],
    after: sh`rm -r "$DESTDIR/share"`,
  }),
  check: skip('its suite is written in perl'),
  testDeps: ['mksh'],
  test: sh`
    cd /tmp
    echo 'all: ; @test "$$(($(words a b) * 21))" = 42' >Makefile
    make --version
    make
  `,
  update: { kind: 'listing', url: 'https://ftp.gnu.org/gnu/make/', pattern: 'make-([0-9.]+)\\.tar\\.[gx]z' },
})
