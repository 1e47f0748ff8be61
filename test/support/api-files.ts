/** What a tree must have for the generator to read a manifest: the manifest API, and rules for files of no package. */
export const API_FILES = [
  'core/shell.ts',
  'generator/manifest.ts',
  'generator/misuse.ts',
  'generator/nearest.ts',
  'templates',
  '.do-defaults',
] as const

/** What it must have for its doors to run, beside the programs. */
export const DOOR_FILES = [
  'bin',
  'helpers/door.sh',
  'helpers/package-name.sh',
  'helpers/setup.sh',
  'helpers/system.sh',
] as const
