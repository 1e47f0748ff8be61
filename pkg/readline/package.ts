import { definePackage, sh, skip, staticAutotools } from 'coolports'

export default definePackage({
  version: '8.2',
  description: 'Library for lines that are edited while they are typed, and their history',
  homepage: 'https://tiswww.case.edu/php/chet/readline/rltop.html',
  license: 'GPL-3.0-or-later',
  source: {
    url: 'https://ftp.gnu.org/gnu/readline/readline-8.2.tar.gz',
    sha256: '3feb7171f16a84ee82ca18a36d7b9be109a52c04f492a053331d7d1095007c35',
  },
  buildDeps: ['seed', 'ncurses'],
  runDeps: ['ncurses'],
  build: staticAutotools({ configure: ['--with-curses', '--disable-install-examples'] }),
  check: skip('it has no suite'),
  testDeps: ['seed'],
  test: sh`
    printf '#include <stdio.h>\n#include <readline/readline.h>\nint main(void) { puts(readline("")); }\n' >/tmp/t.c
    cc -o /tmp/t /tmp/t.c -lreadline -lncurses
    echo line | /tmp/t | grep line
  `,
})
