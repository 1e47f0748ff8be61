import { definePackage, sh, staticAutotools } from 'coolports'

export default definePackage({
  version: '4.9',
  description: 'Editor of streams of text',
  homepage: 'https://www.gnu.org/software/sed/',
  license: 'GPL-3.0-or-later',
  source: {
    url: 'https://ftp.gnu.org/gnu/sed/sed-4.9.tar.xz',
    sha256: '6e226b732e1cd739464ad6862bd1a1aba42d7982922da7a53519631d24975181',
  },
  build: staticAutotools(),
  test: sh`test "$(echo hello | sed -E "s/(l+)o/\1p/")" = hellp`,
})
