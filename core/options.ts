import { type ParseArgsConfig, parseArgs } from 'node:util'
import { legible } from './legible.ts'
import { ok, type Result, refuse } from './result.ts'

/** The words of a command line by node's parseArgs; else why they are refused, to stand behind a colon of ours. */
export function parseOptions<const Config extends Omit<ParseArgsConfig, 'args'>>(
  args: readonly string[],
  config: Config,
): Result<ReturnType<typeof parseArgs<Config>>, string> {
  try {
    return ok(parseArgs<Config>({ ...config, args: [...args] }))
  } catch (error) {
    return refuse(fault(error))
  }
}

/** node's own advice on an unknown option is long. */
function fault(error: unknown): string {
  const why = error instanceof Error ? error.message : String(error)
  const option = /^Unknown option '(.*?)'(?:\.|$)/s.exec(why)?.[1]
  // The words of a person may stand in it, and in those what a terminal would obey.
  return legible(option === undefined ? why : `there is no option ${option}`)
}
