import { randomBytes } from 'node:crypto'
import { existsSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { sha256 } from '../../core/digest.ts'
import type { Env } from '../../core/env.ts'
import { makeFolders } from '../../core/folders.ts'

/** How long a note outside of a run is believed: a cache that was down may be up again. */
const LIFE_MS = 2 * 60 * 1000

/**
 * What the processes of a run tell each other about caches. A note is a file, so that of several who want to
 * leave the same one only one is the first. Under bin/do they stand in the folder of the run and go with it; other
 * redos have no such folder, so there they are in the store and soon forgotten.
 */
export class Notes {
  readonly #folder: string
  readonly #lifeMs: number

  constructor(env: Env, store: string) {
    const run = env.REDO_RUN ?? ''
    const inRun = run !== '' && existsSync(join(run, 'ask'))
    this.#folder = inRun ? join(run, 'caches') : join(store, 'caches')
    this.#lifeMs = inRun ? Number.POSITIVE_INFINITY : LIFE_MS
  }

  /** Leaves a note, and answers whether it is the first about this. Where none can be left, each is. */
  leave(about: string, text = ''): boolean {
    const path = this.#path(about)
    try {
      makeFolders(this.#folder)
      if (this.read(about) !== undefined) return false
      // One that is over. In a run there is none: what stands there now is another's, of this very moment.
      if (Number.isFinite(this.#lifeMs)) rmSync(path, { force: true })
      writeFileSync(path, text, { flag: 'wx' })
      return true
    } catch (error) {
      return (error as NodeJS.ErrnoException).code !== 'EEXIST'
    }
  }

  read(about: string): string | undefined {
    try {
      const path = this.#path(about)
      // Most are not there, and an error costs more than the question.
      const stats = statSync(path, { throwIfNoEntry: false })
      if (stats === undefined || Date.now() - stats.mtimeMs > this.#lifeMs) return undefined
      return readFileSync(path, 'utf8')
    } catch {
      return undefined
    }
  }

  /** A text that is the same for all of the run, and that nobody outside of it can guess. */
  get salt(): string {
    const mine = randomBytes(16).toString('hex')
    this.leave('salt', mine)
    return this.read('salt') || mine
  }

  #path(about: string): string {
    return join(this.#folder, sha256(about).slice(0, 32))
  }
}
