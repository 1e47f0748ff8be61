import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { FileName } from './tree.ts'

/**
 * What a run has begun, in its folder, for those who come after a crash, and for those who follow a log: line N of the
 * file `begun` is of its Nth job, which has a file `stdout-N` while it runs.
 */
export interface Begun {
  readonly target: FileName
  readonly temporary: FileName
  readonly isRunning: boolean
}

export const begunLine = ({ target, temporary }: Omit<Begun, 'isRunning'>): string =>
  `${JSON.stringify([target, temporary])}\n`

export function begunIn(runFolder: string): readonly Begun[] {
  const lines = linesOf(join(runFolder, 'begun'))
  return lines.flatMap((line, index) => {
    const names = namesIn(line)
    if (names === undefined) return []
    return [{ ...names, isRunning: existsSync(join(runFolder, `stdout-${index + 1}`)) }]
  })
}

function linesOf(path: string): readonly string[] {
  try {
    return readFileSync(path, 'utf8').split('\n').slice(0, -1)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return []
    throw error
  }
}

/** Undefined for a line that a crash of the machine spoiled. */
function namesIn(line: string): Pick<Begun, 'target' | 'temporary'> | undefined {
  try {
    const [target, temporary] = JSON.parse(line) as readonly unknown[]
    return typeof target === 'string' && typeof temporary === 'string' ? { target, temporary } : undefined
  } catch {
    return undefined
  }
}
