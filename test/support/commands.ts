import { readdirSync, readFileSync } from 'node:fs'

/** The words of all processes of this machine, each word ended by a NUL. */
export const commands = (): readonly string[] =>
  readdirSync('/proc').flatMap(pid => {
    try {
      return [readFileSync(`/proc/${pid}/cmdline`, 'utf8')]
    } catch {
      return []
    }
  })
