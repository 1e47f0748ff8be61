import { definePackage, importArchive, sh } from 'coolports'

export default definePackage({
  version: '1',
  description: 'Static musl toolchain and base, the one binary that the tree starts from',
  homepage: 'https://github.com/coolports',
  license:
    'GPL-3.0-or-later AND GPL-3.0-or-later WITH GCC-exception-3.1 AND LGPL-3.0-or-later AND MIT AND MirOS AND ISC AND bzip2-1.0.6 AND 0BSD AND GPL-2.0-only WITH Linux-syscall-note',
  source: {
    // It lies in the tree: mirrors/files/<sha256>.tar.xz
    file: 'seed.tar.xz',
    urls: [],
    sha256: 'fc8ef03a5149c3b25e20dab9560d4a05abdfdf3e9f570302e27e900277b66623',
  },
  build: importArchive(),
  test: sh`
    cd /tmp
    printf '#include <stdio.h>\nint main(void) { return puts("hello") < 0; }\n' >hello.c
    cc -static -o hello-c hello.c
    test "$(./hello-c)" = hello
    printf '#include <iostream>\nint main() { std::cout << "hello" << std::endl; }\n' >hello.cc
    c++ -static -o hello-c++ hello.cc
    test "$(./hello-c++)" = hello
    # A program that asked for an interpreter would need a library of some host.
    find /bin /libexec -type f -perm -100 >programs
    test -s programs
    while read -r program; do
      if readelf -lW "$program" 2>/dev/null | grep INTERP; then exit 1; fi
    done <programs
  `,
  update: { kind: 'fixed', why: 'it is made by the tree itself, see doc/seed.md' },
})
