import { definePackage, sh, staticAutotools } from 'coolports'

export default definePackage({
  version: '3.12',
  description: 'Tells how files differ: diff, cmp, diff3, sdiff',
  homepage: 'https://www.gnu.org/software/diffutils/',
  license: 'GPL-3.0-or-later',
  source: {
    url: 'https://ftp.gnu.org/gnu/diffutils/diffutils-3.12.tar.xz',
    sha256: '7c8b7f9fc8609141fdea9cece85249d308624391ff61dedaf528fcb337727dfd',
  },
  build: staticAutotools({ native: true }),
  // Gnulib's own tests of threads fail when they are linked statically.
  check: sh`make -C tests check`,
  test: sh`echo a >/tmp/a; case $(echo b | diff /tmp/a -) in 1c1*) ;; *) exit 1 ;; esac`,
})
