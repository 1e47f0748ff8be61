import { definePackage, sh, skip, staticAutotools } from 'coolports'

export default definePackage({
  version: '1.07.1',
  description: 'Calculators for numbers of any precision: bc and dc',
  homepage: 'https://www.gnu.org/software/bc/',
  license: 'GPL-3.0-or-later',
  source: {
    url: 'https://ftp.gnu.org/gnu/bc/bc-1.07.1.tar.gz',
    sha256: '62adfca89b0a1c0164c2cdca59ca210c1d44c3ffc46daf9931cf4942664cb02a',
  },
  buildDeps: ['seed', 'readline'],
  runDeps: ['ncurses'],
  build: staticAutotools({
    configure: ['--with-readline'],
    make: ['MAKEINFO=true'],
    env: ['LIBS=-lncurses'],
    before: sh`
      # What flex would make lies in the release.
      sed -i '/readline works only with flex/d' configure
      # It quotes the lines of its library for C by ed, which is not in the tree.
      echo "sed '\$d' libmath.h >lines" >bc/fix-libmath_h
      echo "sed 's/.*/\"&\",/; 1s/^/{/; \$s/\$/0}/' lines >libmath.h" >>bc/fix-libmath_h
    `,
  }),
  check: skip('it has no suite that runs by itself'),
  test: sh`test "$(echo '4*a(1)' | bc -l) $(echo '6 7 * p' | dc)" = '3.14159265358979323844 42'`,
})
