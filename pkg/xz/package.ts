import { definePackage, sh, staticAutotools } from 'coolports'

export default definePackage({
  version: '5.8.1',
  description: 'Compressor with the LZMA2 algorithm, and its library',
  homepage: 'https://tukaani.org/xz/',
  license: '0BSD AND LGPL-2.1-or-later AND GPL-2.0-or-later',
  source: {
    url: 'https://github.com/tukaani-project/xz/releases/download/v5.8.1/xz-5.8.1.tar.xz',
    sha256: '0b54f79df85912504de0b14aec7971e3f964491af1812d83447005807513cd9e',
  },
  build: staticAutotools({ configure: ['--disable-doc'] }),
  testDeps: ['seed'],
  test: sh`
    echo hello >/tmp/a
    xz -9e /tmp/a
    test "$(xz -dc /tmp/a.xz)" = hello
  `,
})
