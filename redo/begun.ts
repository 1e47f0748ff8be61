import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { textIfThere } from '../core/text-if-there.ts'
import type { FileName } from './tree.ts'

/**
 * What a run has begun, in its folder, for those who come after a crash, and for those who follow a log: line N of the
 * file `begun` is of its Nth job, which has a file `stdout-N` while it runs.
 */
export interface Begun {
  readonly target: FileName
  readonly temporary: FileName
  /** N. */
  readonly number: number
}

export const begunLine = ({ target, temporary }: Omit<Begun, 'number'>): string =>
  `${JSON.stringify([target, temporary])}\n`

export const isRunning = (runFolder: string, { number }: Begun): boolean =>
  existsSync(join(runFolder, `stdout-${number}`))

export function begunIn(runFolder: string): readonly Begun[] {
  const text = textIfThere(join(runFolder, 'begun')) ?? ''
  // What stands behind the last end of a line was cut short.
  const lines = text.split('\n').slice(0, -1)
  return lines.flatMap((line, index) => {
    const names = namesIn(line)
    return names === undefined ? [] : [{ ...names, number: index + 1 }]
  })
}

/** How temporary files are called (builder.ts, `temporaryFor`). */
const TEMPORARY = /\.redo-\d+(-\d+)?\.tmp$/

/** Undefined for a line that a crash of the machine spoiled. */
function namesIn(line: string): Pick<Begun, 'target' | 'temporary'> | undefined {
  try {
    const names: unknown = JSON.parse(line)
    // Nothing else is removed on the word of such a line, which an older version wrote otherwise.
    if (!Array.isArray(names) || !names.every(name => typeof name === 'string')) return undefined
    const [target, temporary] = names as readonly string[]
    if (target === undefined || temporary === undefined || !TEMPORARY.test(temporary)) return undefined
    return { target, temporary }
  } catch {
    return undefined
  }
}
