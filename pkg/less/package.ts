import { definePackage, sh, skip, staticAutotools } from 'coolports'

export default definePackage({
  version: '668',
  description: 'Shows a text page by page',
  homepage: 'https://www.greenwoodsoftware.com/less/',
  license: 'GPL-3.0-or-later OR BSD-2-Clause',
  source: {
    url: 'https://www.greenwoodsoftware.com/less/less-668.tar.gz',
    sha256: '2819f55564d86d542abbecafd82ff61e819a3eec967faa36cd3e68f1596a44b8',
  },
  buildDeps: ['seed', 'ncurses'],
  runDeps: ['ncurses'],
  build: staticAutotools(),
  check: skip('its suite is run by perl'),
  test: sh`echo text | less -FX | { read -r text && test "$text" = text; }`,
  update: { kind: 'listing', url: 'https://www.greenwoodsoftware.com/less/', pattern: 'less-([0-9]+)\\.tar' },
})
