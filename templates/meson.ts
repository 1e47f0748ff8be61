import { lines, type Script, sh, withCheck } from '../generator/manifest.ts'
import { checkOptions, type Kind } from './options.ts'

export interface Meson {
  /** Further options for `meson setup`. */
  readonly configure?: readonly string[]
  readonly before?: Script
  readonly after?: Script
}

const OPTIONS: Readonly<Record<keyof Meson, Kind>> = {
  configure: 'texts',
  before: 'script',
  after: 'script',
}

/** Meson with ninja; its check is `meson test`. Meson installs, as muon has no target of ninja for that. */
export function meson(options: Meson = {}): Script {
  checkOptions('meson', options, OPTIONS)
  const { configure = [], before, after } = options
  return withCheck(
    lines(
      before,
      sh`meson setup build --prefix=/ --libdir=lib --buildtype=release --wrap-mode=nodownload ${configure}`,
      sh`ninja -C build`,
      sh`meson install -C build --no-rebuild`,
      after,
    ),
    sh`meson test -C build --print-errorlogs`,
  )
}
