import { legible } from './legible.ts'

/** Why node's parseArgs refuses words, to stand behind a colon of ours: its own advice on an unknown option is long. */
export function optionFault(error: unknown): string {
  const why = error instanceof Error ? error.message : String(error)
  const option = /^Unknown option '(.*?)'(?:\.|$)/s.exec(why)?.[1]
  // The words of a person may stand in it, and in those what a terminal would obey.
  return legible(option === undefined ? why : `there is no option ${option}`)
}
