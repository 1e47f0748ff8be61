import { legible } from '../core/legible.ts'
import { formatMessage, type Message, quoted } from '../core/message.ts'

export const PROGRAM = 'coolports'

/** Why a command does not do what it was asked for. */
export interface Refusal {
  /** The exit status: 1 the answer is no, 2 misuse or trouble, 128 and a signal's number where a build was ended by it. */
  readonly status: number
  readonly messages: readonly Message[]
}

export const trouble = (message: Message): Refusal => ({ status: 2, messages: [message] })
export const no = (message: Message): Refusal => ({ status: 1, messages: [message] })

/** Says why on stderr; answers the exit status. */
export function complain({ status, messages }: Refusal): number {
  for (const message of messages) process.stderr.write(`${formatMessage(PROGRAM, message)}\n`)
  return status
}

/** A line about what was done, on stderr. */
export const say = (line: string): void => {
  process.stderr.write(`${PROGRAM}: ${line}\n`)
}

/** A line of the answer, on stdout. */
export const print = (line: string): void => {
  process.stdout.write(`${line}\n`)
}

/** A value of a file as a person may see it: as it is where that is safe, else quoted. */
export const shown = (value: string): string => (legible(value) === value ? value : quoted(value))

/** A line of a script: as it is, tabs too, but for what a terminal would obey. */
export const shownLine = (line: string): string => legible(line, '\t')

/** The answer as JSON, for programs and for a terminal that shows it. */
export const json = (value: unknown): string => legible(JSON.stringify(value, null, 2), '\n')
