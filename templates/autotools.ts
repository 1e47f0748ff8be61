import { lines, type Script, sh, withCheck } from '../generator/manifest.ts'
import { checkOptions, type Kind } from './options.ts'

export interface Autotools {
  /** Further options for configure. */
  readonly configure?: readonly string[]
  /** Variables for configure and make, `NAME=value`. */
  readonly env?: readonly string[]
  /** Further words for `make`. */
  readonly make?: readonly string[]
  /** What `make` installs. Default: `install`. */
  readonly install?: readonly string[]
  /** Runs before configure, in the source tree. */
  readonly before?: Script
  /** Runs after the installation, in the source tree. */
  readonly after?: Script
}

export const AUTOTOOLS: Readonly<Record<keyof Autotools, Kind>> = {
  configure: 'texts',
  env: 'texts',
  make: 'texts',
  install: 'texts',
  before: 'script',
  after: 'script',
}

/** `./configure`, `make`, `make install`; its check is `make check`. */
export function autotools(options: Autotools = {}): Script {
  checkOptions('autotools', options, AUTOTOOLS)
  const { configure = [], env = [], make = [], install = ['install'], before, after } = options
  return withCheck(
    lines(
      before,
      env.length > 0 ? sh`export ${env}` : undefined,
      sh`./configure --prefix= ${configure}`,
      sh`make ${make}`,
      sh`make ${make} DESTDIR="$DESTDIR" ${install}`,
      after,
    ),
    sh`make ${make} check`,
  )
}
