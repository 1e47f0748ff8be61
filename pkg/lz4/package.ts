import { definePackage, sh, staticMake } from 'coolports'

export default definePackage({
  version: '1.10.0',
  description: 'Compressor for speed, and its library',
  homepage: 'https://lz4.org',
  license: 'BSD-2-Clause AND GPL-2.0-or-later',
  source: {
    url: 'https://github.com/lz4/lz4/releases/download/v1.10.0/lz4-1.10.0.tar.gz',
    sha256: '537512904744b35e232912055ccf8ec66d768639ff3abe5788d90d792ec5f48b',
  },
  build: staticMake({ make: ['PREFIX=', 'BUILD_SHARED=no'] }),
  test: sh`test "$(echo hello | lz4 -c | lz4 -dc)" = hello`,
})
