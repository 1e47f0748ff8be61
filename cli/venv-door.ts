import { formatMessage, type Message } from '../core/message.ts'
import { HELP, parseCommand } from '../helpers/venv/command.ts'
import { makeAsked } from './commands/venv/make.ts'

// bin/venv: what `coolports venv` does, without the time that it takes to load all commands and their options.
process.exitCode = await main(process.argv.slice(2))

/** The door tells the root of its tree first. */
async function main([root = '', ...args]: readonly string[]): Promise<number> {
  const command = parseCommand(args, process.cwd())
  if (!command.ok) return complain(2, [{ cannot: 'run', why: command.error, remedy: 'see bin/venv --help' }])
  if (command.value.kind === 'help') {
    process.stdout.write(HELP)
    return 0
  }
  const made = await makeAsked(root, command.value)
  if (!made.ok) return complain(made.error.status, made.error.messages)
  for (const note of made.value.notes) process.stderr.write(`venv: note: ${note}\n`)
  process.stdout.write(`${made.value.run}\n`)
  return 0
}

function complain(status: number, messages: readonly Message[]): number {
  for (const message of messages) process.stderr.write(`${formatMessage('venv', message)}\n`)
  return status
}
