import { definePackage, sh, staticAutotools } from 'coolports'

export default definePackage({
  version: '1.8.2',
  description: 'Takes JSON apart and puts it together',
  homepage: 'https://jqlang.org',
  license: 'MIT AND BSD-2-Clause AND ICU',
  source: {
    url: 'https://github.com/jqlang/jq/releases/download/jq-1.8.2/jq-1.8.2.tar.gz',
    sha256: '71b8d6e8f5fe81f6c6d0d110e3892251f6ce76ed095abd315e26e6e1193af3af',
  },
  build: staticAutotools({ configure: ['--disable-docs', '--with-oniguruma=builtin'] }),
  check: sh`
    # There is no list of time zones.
    sed -i 's|Asia/Tokyo|JST-9|; s|Europe/Paris|CET-1CEST,M3.5.0,M10.5.0/3|; s|Etc/GMT+7|GMT7|' tests/shtest
    make check
  `,
  test: sh`test "$(echo '{"a": ["b", "cd"]}' | jq -r '.a[] | select(test("^c"))')" = cd`,
})
