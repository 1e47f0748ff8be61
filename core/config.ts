import { homedir } from 'node:os'
import { isAbsolute, join } from 'node:path'

/**
 * A file of the user's own settings, in the folder of the XDG Base Directory Specification, which says
 * too that a relative $XDG_CONFIG_HOME is none.
 */
export function configPath(env: Readonly<Record<string, string | undefined>>, file: string): string {
  const { XDG_CONFIG_HOME: base = '' } = env
  return join(isAbsolute(base) ? base : join(homeFolder(env), '.config'), 'coolports', file)
}

/** $HOME, else what the machine knows; `/`, as login has it, for a user whom it does not know. */
export function homeFolder({ HOME: home }: Readonly<Record<string, string | undefined>>): string {
  try {
    return home || homedir()
  } catch {
    return '/'
  }
}
