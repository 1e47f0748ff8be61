import { expect, test } from 'vitest'
import { manifest, Tree } from '../support/tree.ts'

// What a call of each build system becomes, with all of its options and with none.

const LISTS = { configure: "['--one', 'two words']", env: "['A=1', 'B=two words']", make: "['V=1']" }
const ENDS = { before: 'sh`first`', after: 'sh`last`' }

test.each([
  ['autotools', {}, ['./configure --prefix=', 'make', 'make DESTDIR="$DESTDIR" install'], 'make check'],
  [
    'autotools',
    { ...LISTS, ...ENDS, install: "['install-exec', 'install-data']" },
    [
      'first',
      "export A=1 'B=two words'",
      "./configure --prefix= --one 'two words'",
      'make V=1',
      'make V=1 DESTDIR="$DESTDIR" install-exec install-data',
      'last',
    ],
    'make V=1 check',
  ],
  [
    'cmake',
    { configure: LISTS.configure, ...ENDS },
    [
      'first',
      "cmake -S . -B build -G 'Unix Makefiles' -DCMAKE_BUILD_TYPE=Release -DCMAKE_INSTALL_PREFIX= -DCMAKE_INSTALL_LIBDIR=lib --one 'two words'",
      'make -C build',
      'make -C build DESTDIR="$DESTDIR" install',
      'last',
    ],
    'cd build && ctest --output-on-failure',
  ],
  [
    'meson',
    { configure: LISTS.configure, ...ENDS },
    [
      'first',
      "meson setup build --prefix=/ --libdir=lib --buildtype=release --wrap-mode=nodownload --one 'two words'",
      'ninja -C build',
      'meson install -C build --no-rebuild',
      'last',
    ],
    'meson test -C build --print-errorlogs',
  ],
  ['plainMake', {}, ['make PREFIX=', 'make PREFIX= DESTDIR="$DESTDIR" install'], 'make PREFIX= check'],
  [
    'plainMake',
    { env: LISTS.env, make: LISTS.make, ...ENDS, targets: "['x', 'y']", install: "['put']" },
    ['first', "export A=1 'B=two words'", 'make V=1 x y', 'make V=1 DESTDIR="$DESTDIR" put', 'last'],
    'make V=1 check',
  ],
  [
    'staticAutotools',
    { ...LISTS, ...ENDS },
    [
      'first',
      "export CONFIG_SHELL=/bin/sh 'CFLAGS=-O2 -g0' 'CXXFLAGS=-O2 -g0' LDFLAGS=--static A=1 'B=two words'",
      "./configure --prefix= --build=x86_64-build-linux-gnu --host=x86_64-linux-musl --libdir=/lib --disable-shared --disable-nls gl_cv_posix_shell=/bin/sh --one 'two words'",
      'make V=1',
      'make V=1 DESTDIR="$DESTDIR" install',
      'rm -rf "$DESTDIR/share/info" "$DESTDIR"/lib/*.la',
      'last',
    ],
    'make V=1 check',
  ],
] as const)(
  '%s(%j) builds, installs and checks by that system, each option in its place',
  async (system, options: Readonly<Record<string, string>>, build, check) => {
    const fields = Object.entries(options).map(([name, value]) => `${name}: ${value}`)
    const tree = new Tree({
      'pkg/seed/package.ts': manifest(),
      'pkg/a/package.ts': manifest(
        { buildDeps: "['seed']", build: `${system}({ ${fields.join(', ')} })`, check: undefined },
        "import { cmake, meson, plainMake, staticAutotools } from 'coolports'",
      ),
    })
    expect(await tree.refusals()).toBe('')
    const emitted = tree.read('pkg/a/.pkg.tar.gz.do')
    expect(emitted).toContain(`# build\n(\n${build.join('\n')}\n)\n`)
    expect(emitted).toContain(`# check\n(\nunset DESTDIR\n${check}\n)\n`)
  },
)
