import { lines, type Script, sh, withCheck } from '../generator/manifest.ts'

export interface CMake {
  /** Further options for the configuration, as `-DNAME=value`. */
  readonly configure?: readonly string[]
  readonly before?: Script
  readonly after?: Script
}

/** CMake with its Makefile generator, which takes part in the jobserver; its check is `ctest`. */
export function cmake(options: CMake = {}): Script {
  const { configure = [], before, after } = options
  return withCheck(
    lines(
      before,
      sh`cmake -S . -B build -G 'Unix Makefiles' -DCMAKE_BUILD_TYPE=Release -DCMAKE_INSTALL_PREFIX=/ -DCMAKE_INSTALL_LIBDIR=lib ${configure}`,
      sh`make -C build`,
      sh`make -C build DESTDIR="$DESTDIR" install`,
      after,
    ),
    sh`cd build && ctest --output-on-failure`,
  )
}
