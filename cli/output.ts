import { Chalk, type ChalkInstance } from 'chalk'
import { legible } from '../core/legible.ts'
import { formatMessage, type Message, quoted } from '../core/message.ts'

export const PROGRAM = 'coolports'

/** Why a command does not do what it was asked for. */
export interface Refusal {
  /** 1 the answer is no, 2 misuse or trouble. */
  readonly status: 1 | 2
  readonly messages: readonly Message[]
}

export const trouble = (message: Message): Refusal => ({ status: 2, messages: [message] })
export const no = (message: Message): Refusal => ({ status: 1, messages: [message] })

/** Says why on stderr; answers the exit status. */
export function complain({
  status,
  messages,
}: Omit<Refusal, 'status'> & { readonly status: number }): number {
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

/** Colours of stdout: on a terminal alone, and not where NO_COLOR forbids them. */
export const paint: ChalkInstance = new Chalk(
  process.env.NO_COLOR || !process.stdout.isTTY ? { level: 0 } : {},
)

/** A value of a file as a person may see it: as it is where that is safe, else quoted. */
export const shown = (value: string): string => (legible(value) === value ? value : quoted(value))

/** A line of a script: as it is, tabs too, but for what a terminal would obey. */
export const shownLine = (line: string): string => legible(line, '\t')

/** The answer as JSON, for programs and for a terminal that shows it. */
export const json = (value: unknown): string => legible(JSON.stringify(value, null, 2), '\n')
