import { lines, type Script, sh, withCheck } from '../generator/manifest.ts'

export interface Meson {
  /** Further options for `meson setup`. */
  readonly configure?: readonly string[]
  readonly before?: Script
  readonly after?: Script
}

/** Meson with ninja; its check is `meson test`. */
export function meson(options: Meson = {}): Script {
  const { configure = [], before, after } = options
  return withCheck(
    lines(
      before,
      sh`meson setup build --prefix=/ --libdir=lib --buildtype=release --wrap-mode=nodownload ${configure}`,
      sh`ninja -C build`,
      sh`DESTDIR="$DESTDIR" ninja -C build install`,
      after,
    ),
    sh`meson test -C build --print-errorlogs`,
  )
}
