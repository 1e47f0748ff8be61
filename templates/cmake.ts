import { lines, type Script, sh, withCheck } from '../generator/manifest.ts'
import { checkOptions, type Kind } from './options.ts'

export interface CMake {
  /** Further options for the configuration, as `-DNAME=value`. */
  readonly configure?: readonly string[]
  readonly before?: Script
  readonly after?: Script
}

const OPTIONS: Readonly<Record<keyof CMake, Kind>> = {
  configure: 'texts',
  before: 'script',
  after: 'script',
}

/**
 * CMake with its Makefile generator, which takes part in the jobserver; its check is `ctest`. The prefix is
 * empty, since GNUInstallDirs puts `usr` below the prefix `/`.
 */
export function cmake(options: CMake = {}): Script {
  checkOptions('cmake', options, OPTIONS)
  const { configure = [], before, after } = options
  return withCheck(
    lines(
      before,
      sh`cmake -S . -B build -G 'Unix Makefiles' -DCMAKE_BUILD_TYPE=Release -DCMAKE_INSTALL_PREFIX= -DCMAKE_INSTALL_LIBDIR=lib ${configure}`,
      sh`make -C build`,
      sh`make -C build DESTDIR="$DESTDIR" install`,
      after,
    ),
    sh`cd build && ctest --output-on-failure`,
  )
}
