import { spawnSync } from 'node:child_process'
import { copyFileSync, existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { findProgram } from '../../core/missing.ts'
import { PACKAGE_FILE } from '../../core/name.ts'
import { shellWord } from '../../core/shell.ts'
import { unpackedTree } from '../store/trees.ts'
import type { StoreUse } from '../store/use.ts'
import type { Variation } from './variation.ts'

/** The package whose program moves the clock of what it runs. */
const CLOCK_SHIFT = 'clock-shift'

/** A leap year, in seconds, so that it is another day of the week, too. */
const AHEAD = 366 * 24 * 60 * 60

/** The package's file, to be built first; undefined in a tree that has no such package. */
export const clockPackage = (root: string): string | undefined =>
  existsSync(join(root, 'pkg', CLOCK_SHIFT, 'package.ts')) ? `pkg/${CLOCK_SHIFT}/${PACKAGE_FILE}` : undefined

/** The program of the package that was built, unpacked in the store. */
export async function clockProgram(use: StoreUse, file: string): Promise<string | undefined> {
  const tree = await unpackedTree(use, file)
  return tree.ok ? join(tree.value.path, 'bin', CLOCK_SHIFT) : undefined
}

/**
 * Makes a folder for the front of PATH, whose bwrap starts sandboxes with a clock that is ahead. What
 * is outside of the sandboxes keeps its clock, for the certificates of servers hold for weeks.
 */
export function makeLaterBin(folder: string, program: string): void {
  const [copy, bwrap] = [join(folder, CLOCK_SHIFT), join(folder, 'bwrap')]
  mkdirSync(folder)
  copyFileSync(program, copy)
  // Killed with the one that started it, as a sandbox is.
  const words = ['setpriv', '--pdeathsig', 'KILL', copy, String(AHEAD), findProgram('bwrap') ?? 'bwrap']
  writeFileSync(bwrap, `#!/bin/sh\nexec ${words.map(shellWord).join(' ')} "$@"\n`, { mode: 0o755 })
}

/** The date in a sandbox of such a folder beside that of the host, if they differ: this may be forbidden, too. */
export function triedClock(
  folder: string,
  wrap: (command: readonly string[]) => readonly string[],
): Variation | undefined {
  const date = ['date', '-u', '+%Y-%m-%d']
  const [program = '', ...words] = wrap([join(folder, 'bwrap'), '--ro-bind', '/', '/', ...date])
  const [here, there] = [printed('date', date.slice(1)), printed(program, words)]
  return there === '' || here === there ? undefined : { what: 'clock', here, there }
}

const printed = (program: string, words: readonly string[]): string => {
  const { status, stdout } = spawnSync(program, words, {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  })
  return status === 0 ? stdout.trim() : ''
}
