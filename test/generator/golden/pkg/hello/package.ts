import { autotools, definePackage, sh } from 'coolports'

export default definePackage({
  version: '2.12',
  release: 3,
  description: 'A greeting',
  homepage: 'https://example.org/hello',
  license: 'GPL-3.0-or-later',
  sources: [
    {
      urls: ['https://example.org/hello-2.12.tar.gz', 'https://example.com/hello-2.12.tar.gz'],
      sha256: '2222222222222222222222222222222222222222222222222222222222222222',
    },
    {
      file: 'hello-data.tar.gz',
      urls: ['https://example.org/data?v=1'],
      sha256: '3333333333333333333333333333333333333333333333333333333333333333',
      into: 'data/words',
    },
    {
      urls: ['https://example.org/manual.pdf'],
      sha256: '4444444444444444444444444444444444444444444444444444444444444444',
      unpack: false,
    },
  ],
  patches: ['fix.patch'],
  buildDeps: ['seed'],
  runDeps: ['seed'],
  build: autotools({ configure: ['--disable-nls', '--with-words=data/words dir'], env: ['CFLAGS=-O2 -g0'] }),
  test: sh`test "$(hello)" = hallo`,
  update: { kind: 'listing', url: 'https://example.org/', pattern: 'hello-([0-9.]+)\\.tar\\.gz' },
  strip: 'none',
  postInstall: sh`
    echo "END_OF_POST_INSTALL" >/etc/hello
    END_OF_POST_INSTALL
  `,
})
