import { definePackage, sh, staticAutotools } from 'coolports'

export default definePackage({
  version: '2.8',
  description: 'Changes files as the output of diff tells',
  homepage: 'https://savannah.gnu.org/projects/patch/',
  license: 'GPL-3.0-or-later',
  source: {
    url: 'https://ftp.gnu.org/gnu/patch/patch-2.8.tar.xz',
    sha256: 'f87cee69eec2b4fcbf60a396b030ad6aa3415f192aa5f7ee84cad5e11f7f5ae3',
  },
  build: staticAutotools(),
  test: sh`
    cd /tmp
    echo old >a
    { echo '--- a'; echo '+++ a'; echo '@@ -1 +1 @@'; echo '-old'; echo '+new'; } | patch
    read -r line <a
    test "$line" = new
  `,
})
