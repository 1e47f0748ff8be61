import { homedir } from 'node:os'
import { isAbsolute, join } from 'node:path'
import type { Env } from './env.ts'

/**
 * A file of the user's own settings, in the folder of the XDG Base Directory Specification, which says
 * too that a relative $XDG_CONFIG_HOME is none.
 */
export function configPath(env: Env, file: string): string {
  const { XDG_CONFIG_HOME: base = '' } = env
  return join(isAbsolute(base) ? base : join(homeFolder(env), '.config'), 'coolports', file)
}

/** $HOME, else what the machine knows; `/`, as login has it, for a user whom it does not know. */
export function homeFolder({ HOME: home }: Env): string {
  try {
    return home || homedir()
  } catch {
    return '/'
  }
}
