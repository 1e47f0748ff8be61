import { lines, type Script, sh, withBuildDeps } from '../generator/manifest.ts'
import { AUTOTOOLS, type Autotools, autotools } from './autotools.ts'
import { PLAIN_MAKE, type PlainMake, plainMake } from './make.ts'
import { checkOptions } from './options.ts'

const FLAGS = ['CFLAGS=-O2 -g0', 'CXXFLAGS=-O2 -g0', 'LDFLAGS=--static'] as const

/** Both are built by the seed, unless the manifest names other build-deps. */
const SEED = ['seed'] as const

export interface StaticAutotools extends Autotools {
  /** Its build runs what it compiled, or its configure has to, so that it may know that this is the machine. */
  readonly native?: boolean
}

/**
 * Autotools as this tree builds: static programs and libraries. Configure always believes that it
 * builds for another machine, so that it guesses nothing by running programs, and the seed, its second
 * tier and the tree itself come out the same. The target's name is that of the seed's compiler.
 */
export function staticAutotools(options: StaticAutotools = {}): Script {
  checkOptions('staticAutotools', options, { ...AUTOTOOLS, native: 'flag' })
  const { native = false, configure = [], env = [], after, ...rest } = options
  const build = autotools({
    ...rest,
    env: ['CONFIG_SHELL=/bin/sh', ...FLAGS, ...env],
    configure: [
      `--build=${native ? 'x86_64-linux-musl' : 'x86_64-build-linux-gnu'}`,
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
  return withBuildDeps(build, SEED)
}

/** A Makefile without a configure script, static likewise. */
export function staticMake(options: PlainMake = {}): Script {
  checkOptions('staticMake', options, PLAIN_MAKE)
  const env = ['CC=cc', 'CXX=c++', ...FLAGS, ...(options.env ?? [])]
  return withBuildDeps(plainMake({ ...options, env }), SEED)
}
