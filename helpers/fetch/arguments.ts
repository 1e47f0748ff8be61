import type { Argv } from 'yargs'

/** What came of the words of a command line. */
export interface Read<Options> {
  readonly options: Options
  /** The words that are no options. */
  readonly words: readonly string[]
  /** Help or a completion script, if that was asked for. */
  readonly text: string
  /** What is wrong with the words. */
  readonly fault: string | undefined
}

/** Reads the words of a command line strictly, and neither prints nor ends the process. */
export async function readArguments<Options>(
  yargs: Argv<Options>,
  args: readonly string[],
): Promise<Read<Options>> {
  let text = ''
  let fault: string | undefined
  const argv = await yargs
    .version(false)
    .strictOptions()
    .exitProcess(false)
    .parserConfiguration({ 'parse-positional-numbers': false, 'duplicate-arguments-array': false })
    .fail((message, error) => {
      fault = message || String(error)
    })
    .parseAsync([...args], {}, (_error, _argv, output) => {
      if (fault === undefined) text = output
    })
  return { options: argv as Options, words: argv._.map(String), text, fault }
}
