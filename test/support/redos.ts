import { existsSync } from 'node:fs'
import { delimiter, join } from 'node:path'

/**
 * The redos that the emitted rules are tried with: ours, and any on PATH. Further ones, as
 * NAME=FOLDER separated by blanks, in $COOLPORTS_TEST_REDOS (FOLDER holds redo and redo-ifchange).
 */
export const redos: readonly (readonly [name: string, folder: string | undefined])[] = [
  ['bin/do', undefined],
  ...(process.env.PATH ?? '')
    .split(delimiter)
    .filter(folder => existsSync(join(folder, 'redo')))
    .map(folder => ['redo on PATH', folder] as const)
    .slice(0, 1),
  ...(process.env.COOLPORTS_TEST_REDOS ?? '')
    .split(' ')
    .filter(Boolean)
    .map(pair => pair.split('=') as [string, string]),
]

/** The words that bring targets up to date with such a redo, and what its scripts need in their environment. */
export function bringing(
  folder: string | undefined,
  targets: readonly string[],
): { readonly words: readonly string[]; readonly env: Record<string, string> } {
  return folder === undefined
    ? { words: ['bin/do', '-j2', ...targets], env: {} }
    : { words: [join(folder, 'redo-ifchange'), ...targets], env: { PATH: `${folder}:${process.env.PATH}` } }
}
