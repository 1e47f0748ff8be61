import { definePackage, sh } from 'coolports'

export default definePackage({
  version: '5.4.7',
  description: 'Small language to be embedded in programs, and its interpreter',
  homepage: 'https://www.lua.org',
  license: 'MIT',
  source: {
    url: 'https://www.lua.org/ftp/lua-5.4.7.tar.gz',
    sha256: '9fbf5e28ef86c69858f6d3d34eccc32e911c1a28b4120ff3e84aaa70cfbf1e30',
  },
  buildDeps: ['seed', 'readline'],
  runDeps: ['ncurses'],
  build: sh`
    make linux-readline MYLDFLAGS=--static MYLIBS=-lncurses
    make install INSTALL_TOP="$DESTDIR"
  `,
  check: sh`make test`,
  test: sh`lua -e 'assert(string.format("%d", 6 * 7) == "42")'`,
  update: { kind: 'listing', url: 'https://www.lua.org/ftp/', pattern: 'lua-([0-9.]+)\\.tar' },
})
