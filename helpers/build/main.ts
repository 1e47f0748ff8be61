import { carryOut } from './carry-out.ts'
import { parseCommand } from './command.ts'
import { endOnSignal } from './interrupt.ts'

// Mostly a log, whose disk may be full: that must not undo what was done.
process.stderr.on('error', () => {})
process.exitCode = await main(process.argv.slice(2))

async function main(args: readonly string[]): Promise<number> {
  const command = parseCommand(args, process.env)
  if (!command.ok) {
    process.stderr.write(`do-build: cannot run: ${command.error}\n  see do-build --help\n`)
    return 2
  }
  // A person in a sandbox has the terminal, and its Ctrl-C.
  if (command.value.kind !== 'enter' && command.value.kind !== 'open') endOnSignal()
  return carryOut(command.value)
}
