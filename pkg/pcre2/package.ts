import { definePackage, sh, staticAutotools } from 'coolports'

export default definePackage({
  version: '10.46',
  description: 'Library for regular expressions as in Perl',
  homepage: 'https://www.pcre.org',
  license: 'BSD-3-Clause',
  source: {
    url: 'https://github.com/PCRE2Project/pcre2/releases/download/pcre2-10.46/pcre2-10.46.tar.gz',
    sha256: '8d28d7f2c3b970c3a4bf3776bcbb5adfc923183ce74bc8df1ebaad8c1985bd07',
  },
  buildDeps: ['seed', 'zlib'],
  build: staticAutotools({ configure: ['--enable-jit', '--enable-pcre2grep-libz'] }),
  test: sh`echo foobar | pcre2grep 'foo(?=bar)'`,
})
