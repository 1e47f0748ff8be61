import { lines, type Script, sh, withBuildDeps } from '../generator/manifest.ts'
import { type Autotools, autotools } from './autotools.ts'

/**
 * Autotools as this tree builds: static programs and libraries. Configure always believes that it
 * builds for another machine, so that it guesses nothing by running programs, and the seed, its second
 * tier and the tree itself come out the same. The target's name is that of the seed's compiler, which
 * builds it unless the manifest names other build-deps.
 */
export function staticAutotools(options: Autotools = {}): Script {
  const { configure = [], env = [], after } = options
  const build = autotools({
    ...options,
    env: ['CONFIG_SHELL=/bin/sh', 'CFLAGS=-O2 -g0', 'CXXFLAGS=-O2 -g0', 'LDFLAGS=--static', ...env],
    configure: [
      '--build=x86_64-build-linux-gnu',
      '--host=x86_64-linux-musl',
      '--libdir=/lib',
      '--disable-shared',
      '--disable-nls',
      // Gnulib writes the shell that it finds into the scripts that it installs.
      'gl_cv_posix_shell=/bin/sh',
      ...configure,
    ],
    after: lines(sh`rm -rf "$DESTDIR/share/info" "$DESTDIR"/lib/*.la`, after),
  })
  return withBuildDeps(build, ['seed'])
}
