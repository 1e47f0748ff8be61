import { definePackage, sh, staticAutotools } from 'coolports'

export default definePackage({
  version: '5.46',
  description: 'Tells what a file is',
  homepage: 'https://www.darwinsys.com/file/',
  license: 'BSD-2-Clause-Darwin AND BSD-2-Clause',
  source: {
    url: 'https://astron.com/pub/file/file-5.46.tar.gz',
    sha256: 'c9cc77c7c560c543135edc555af609d5619dbef011997e988ce40a3d75d86088',
  },
  buildDeps: ['seed', 'zlib', 'xz'],
  build: staticAutotools({ native: true }),
  test: sh`file -b /bin/file | { read -r kind _; test "$kind" = ELF; }`,
  update: { kind: 'listing', url: 'https://astron.com/pub/file/', pattern: 'file-([0-9.]+)\\.tar' },
})
