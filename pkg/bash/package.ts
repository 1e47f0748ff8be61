import { definePackage, sh, staticAutotools } from 'coolports'

export default definePackage({
  version: '5.2.37',
  description: "GNU's shell",
  homepage: 'https://www.gnu.org/software/bash/',
  license: 'GPL-3.0-or-later',
  // Debian's repack of the release, without its documentation.
  source: {
    url: 'https://ftp.debian.org/debian/pool/main/b/bash/bash_5.2.37.orig.tar.xz',
    sha256: '370704c9c859f4060b7df19055e43bb9b5fa09d887699cf6ba87885c5485d36a',
  },
  buildDeps: ['seed', 'readline'],
  runDeps: ['ncurses'],
  build: staticAutotools({
    native: true,
    configure: ['--without-bash-malloc', '--with-installed-readline'],
  }),
  // run-all ends well whatever comes of its tests. Left out are those that want a terminal, locales or glibc,
  // and nameref, which sees a coprocess end before or after it looks.
  check: sh`
    make check TESTSCRIPT=/dev/null
    cd tests
    rm run-all run-minimal run-array run-cond run-coproc run-execscript run-glob-test run-intl \
      run-nameref run-printf run-read run-test run-vredir
    export PATH="$PWD:$PATH" BUILD_DIR="$PWD/.." THIS_SH="$PWD/../bash" BASH_TSTOUT=/tmp/out
    for test in run-*; do sh "./$test"; done
  `,
  test: sh`test "$(bash -c 'a=(6 7); echo $((a[0] * a[1]))')" = 42`,
})
