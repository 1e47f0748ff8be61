import { definePackage, sh, staticAutotools } from 'coolports'

export default definePackage({
  version: '3.12',
  description: 'Finds lines that match a pattern',
  homepage: 'https://www.gnu.org/software/grep/',
  license: 'GPL-3.0-or-later',
  source: {
    url: 'https://ftp.gnu.org/gnu/grep/grep-3.12.tar.xz',
    sha256: '2649b27c0e90e632eadcd757be06c6e9a4f48d941de51e7c0f83ff76408a07b9',
  },
  build: staticAutotools(),
  // Gnulib's own tests of threads fail when they are linked statically.
  check: sh`make -C tests check`,
  test: sh`echo two | grep -E '^t.o$'`,
})
