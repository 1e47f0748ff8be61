import { definePackage, sh, skip, staticAutotools } from 'coolports'

export default definePackage({
  version: '1.8.1',
  description: 'Tells what a program must be compiled and linked with',
  homepage: 'https://github.com/pkgconf/pkgconf',
  license: 'ISC',
  source: {
    url: 'https://ftp.debian.org/debian/pool/main/p/pkgconf/pkgconf_1.8.1.orig.tar.xz',
    sha256: '644361ada2942be05655d4452eb018791647c31bba429b287f1f68deb2dc6840',
  },
  build: staticAutotools({ after: sh`ln -s pkgconf "$DESTDIR/bin/pkg-config"` }),
  check: skip('its suite is run by kyua'),
  testDeps: ['zlib'],
  test: sh`test $(pkg-config --libs zlib) = -lz`,
})
