import { definePackage, sh, skip } from 'coolports'

export default definePackage({
  version: '1.12.1',
  description: 'Small build tool for rules that other programs write',
  homepage: 'https://ninja-build.org',
  license: 'Apache-2.0',
  source: {
    url: 'https://github.com/ninja-build/ninja/archive/refs/tags/v1.12.1.tar.gz',
    sha256: '821bdff48a3f683bc4bb3b6f0b5fe7b2d647cf65d52aeb63328c91a6c6df285a',
  },
  buildDeps: ['seed'],
  build: sh`
    # Its own way is a script in python.
    objects=$(ls src/*.cc | grep -vE 'test|bench|win32|browse|[.]in[.]' | sed 's/cc$/o/')
    make CXX=c++ CXXFLAGS='-O2 -g0' $objects
    c++ --static -o ninja $objects
    install -D ninja "$DESTDIR/bin/ninja"
  `,
  check: skip('its suite needs googletest'),
  testDeps: ['mksh'],
  test: sh`
    cd /tmp
    { echo 'rule r'; echo ' command = echo hello >$out'; echo 'build hello: r'; } >build.ninja
    ninja
    test "$(read -r text <hello && echo "$text")" = hello
  `,
})
