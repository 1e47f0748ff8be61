import { definePackage, sh, staticAutotools } from 'coolports'

export default definePackage({
  version: '3.2.1',
  description: 'Makes hash functions without collisions for known words',
  homepage: 'https://www.gnu.org/software/gperf/',
  license: 'GPL-3.0-or-later',
  source: {
    url: 'https://ftp.gnu.org/gnu/gperf/gperf-3.2.1.tar.gz',
    sha256: 'ed5ad317858e0a9badbbada70df40194002e16e8834ac24491307c88f96f9702',
  },
  build: staticAutotools(),
  test: sh`echo word | gperf >/tmp/hash.c && test -s /tmp/hash.c`,
})
