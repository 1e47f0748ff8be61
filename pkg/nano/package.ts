import { definePackage, sh, staticAutotools } from 'coolports'

export default definePackage({
  version: '8.4',
  description: 'Small text editor',
  homepage: 'https://www.nano-editor.org',
  license: 'GPL-3.0-or-later',
  source: {
    url: 'https://www.nano-editor.org/dist/v8/nano-8.4.tar.xz',
    sha256: '5ad29222bbd55624d87ea677928b3106a743114d6c6f9b41f36c97be2a8e628d',
  },
  buildDeps: ['seed', 'ncurses'],
  runDeps: ['ncurses'],
  build: staticAutotools({ native: true, configure: ['--enable-utf8', '--sysconfdir=/etc'] }),
  test: sh`nano --version`,
  update: { kind: 'listing', url: 'https://www.nano-editor.org/dist/v8/', pattern: 'nano-([0-9.]+)\\.tar' },
})
