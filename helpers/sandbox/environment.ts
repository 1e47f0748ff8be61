import { PACKAGE_TIME } from '../tar/entry.ts'

/** The whole environment of a build: nothing of the caller's gets in but the right to run jobs. */
export const buildEnvironment = (makeflags?: string): readonly (readonly [name: string, value: string])[] => [
  ['DESTDIR', '/destdir'],
  ['HOME', '/home/build'],
  ['LC_ALL', 'C'],
  ...(makeflags ? ([['MAKEFLAGS', makeflags]] as const) : []),
  ['PATH', '/bin:/usr/bin'],
  ['SOURCE_DATE_EPOCH', String(PACKAGE_TIME)],
  ['TMPDIR', '/tmp'],
  ['TZ', 'UTC0'],
]
