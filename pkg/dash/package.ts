import { definePackage, sh, skip, staticAutotools } from 'coolports'

export default definePackage({
  version: '0.5.12',
  description: 'Small and fast shell after POSIX',
  homepage: 'http://gondor.apana.org.au/~herbert/dash/',
  license: 'BSD-3-Clause AND GPL-2.0-or-later',
  source: {
    url: 'http://gondor.apana.org.au/~herbert/dash/files/dash-0.5.12.tar.gz',
    sha256: '6a474ac46e8b0b32916c4c60df694c82058d3297d8b385b74508030ca4a8f28a',
  },
  build: staticAutotools({ native: true }),
  check: skip('it has no suite'),
  test: sh`test "$(dash -c 'echo $((6 * 7))')" = 42`,
  update: {
    kind: 'listing',
    url: 'http://gondor.apana.org.au/~herbert/dash/files/',
    pattern: 'dash-([0-9.]+)\\.tar',
  },
})
