import { definePackage, sh, skip } from 'coolports'

export default definePackage({
  version: '2.1.0',
  description: 'Shows what is in a folder, and in the folders of that, as a tree',
  homepage: 'https://oldmanprogrammer.net/source.php?dir=projects/tree',
  license: 'GPL-2.0-or-later',
  source: {
    url: 'https://oldmanprogrammer.net/tar/tree/tree-2.1.0.tgz',
    sha256: '0160c535bff2b0dc6a830b9944e981e3427380f63e748da96ced7071faebabf6',
  },
  buildDeps: ['seed'],
  build: sh`
    make CC=cc CFLAGS='-O2 -g0 -D_FILE_OFFSET_BITS=64' LDFLAGS=--static
    make DESTDIR="$DESTDIR/bin" MANDIR="$DESTDIR/share/man" install
  `,
  check: skip('it has no suite'),
  test: sh`tree -i --noreport /bin | { read -r top; read -r file; test "$top $file" = '/bin tree'; }`,
  update: { kind: 'git-tags', url: 'https://github.com/Old-Man-Programmer/tree', pattern: '^([0-9.]+)$' },
})
