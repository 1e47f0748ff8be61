import { readdirSync, readFileSync, renameSync, rmSync } from 'node:fs'
import { join, resolve } from 'node:path'

/**
 * A run that was killed leaves its folder, the temporary files of the targets that it was building, and
 * perhaps their scripts, still running. The next run, which holds the lock, does away with them.
 */
export function cleanUpAfterCrash(folder: string): void {
  for (const name of readdirSync(folder)) {
    if (!name.startsWith('run-')) continue
    const runFolder = join(folder, name)
    killOrphans(resolve(runFolder))
    for (const temporary of begunIn(runFolder)) rmSync(temporary, { recursive: true, force: true })
    removeRunFolder(runFolder)
  }
}

/** In one step for those who look for it: another run could ask in what is half removed. */
export function removeRunFolder(runFolder: string): void {
  const gone = `${runFolder}.gone`
  rmSync(gone, { recursive: true, force: true })
  try {
    renameSync(runFolder, gone)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
  }
  rmSync(gone, { recursive: true, force: true })
}

function begunIn(runFolder: string): readonly string[] {
  return readText(join(runFolder, 'begun'))
    .split('\n')
    .slice(0, -1)
    .flatMap(line => nameIn(line) ?? [])
}

/** Undefined for a line that a crash of the machine spoiled. */
function nameIn(line: string): string | undefined {
  try {
    return JSON.parse(line) as string
  } catch {
    return undefined
  }
}

/** Kills the processes that have the folder of the dead run in their environment. Needs a /proc. */
function killOrphans(runFolder: string): void {
  const mark = `REDO_RUN=${runFolder}\0`
  for (const pid of processes()) {
    if (!readText(`/proc/${pid}/environ`).includes(mark)) continue
    try {
      process.kill(pid, 'SIGKILL')
    } catch {
      // It has ended meanwhile, or is not ours to end.
    }
  }
}

function processes(): readonly number[] {
  try {
    return readdirSync('/proc')
      .filter(name => /^\d+$/.test(name))
      .map(Number)
      .filter(pid => pid !== process.pid)
  } catch {
    return []
  }
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return ''
  }
}
