import { lines, type Script, sh, withCheck } from '../generator/manifest.ts'
import { checkOptions, type Kind } from './options.ts'

export interface PlainMake {
  /** Variables for every call of make, `NAME=value`, which the Makefile may add to. */
  readonly env?: readonly string[]
  /** Words for every call of make: variables and options. */
  readonly make?: readonly string[]
  /** What is built. Default: make's own default. */
  readonly targets?: readonly string[]
  /** What is installed. Default: `install`. */
  readonly install?: readonly string[]
  readonly before?: Script
  readonly after?: Script
}

export const PLAIN_MAKE: Readonly<Record<keyof PlainMake, Kind>> = {
  env: 'texts',
  make: 'texts',
  targets: 'texts',
  install: 'texts',
  before: 'script',
  after: 'script',
}

/** A Makefile without a configure script; its check is `make check`. */
export function plainMake(options: PlainMake = {}): Script {
  checkOptions('plainMake', options, PLAIN_MAKE)
  const { env = [], make = ['PREFIX='], targets = [], install = ['install'], before, after } = options
  return withCheck(
    lines(
      before,
      env.length > 0 ? sh`export ${env}` : undefined,
      sh`make ${make} ${targets}`,
      sh`make ${make} DESTDIR="$DESTDIR" ${install}`,
      after,
    ),
    sh`make ${make} check`,
  )
}
