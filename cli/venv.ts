import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { isDiskFull } from '../core/disk.ts'
import { formatMessage, type Message, quoted } from '../core/message.ts'
import { storeRoot } from '../core/store.ts'
import { diskFullMessage } from '../helpers/tar/problem.ts'
import { HELP, parseCommand } from '../helpers/venv/command.ts'
import { makeVenv } from '../helpers/venv/make.ts'
import { readMember } from '../helpers/venv/member.ts'
import { notes } from '../helpers/venv/notes.ts'
import { venvMessage } from '../helpers/venv/problem.ts'
import { readVenv } from '../helpers/venv/stack.ts'
import { bringPackages } from './up-to-date.ts'

process.exitCode = await main(process.argv.slice(2))

/** The door tells the root of its tree first. */
async function main([root = '', ...args]: readonly string[]): Promise<number> {
  const command = parseCommand(args, process.cwd())
  if (!command.ok) return complain(2, [{ cannot: 'run', why: command.error, remedy: 'see bin/venv --help' }])
  if (command.value.kind === 'help') {
    process.stdout.write(HELP)
    return 0
  }
  const { folder, jobs } = command.value
  const known = command.value.request ? undefined : readVenv(folder)
  if (known && !known.ok)
    return complain(2, [{ ...venvMessage(known.error), remedy: 'name packages: bin/venv -o DIR PACKAGE...' }])
  const request = command.value.request ?? known?.value.request
  if (!request) return 2

  const unknown = request.packages.filter(name => !existsSync(join(root, 'pkg', name, 'package.ts')))
  if (unknown.length > 0)
    return complain(
      1,
      unknown.map(name => ({
        cannot: `find the package ${quoted(name)}`,
        why: `there is no pkg/${name}/package.ts`,
      })),
    )
  try {
    const built = await bringPackages(root, request.packages, jobs)
    if (typeof built === 'number') return built
    const members = built.map(name => readMember(root, name))
    const made = await makeVenv(folder, storeRoot(process.env, root), request, members)
    if (!made.ok)
      return complain(made.error.some(one => one.kind === 'tar') ? 2 : 1, made.error.map(venvMessage))
    for (const note of notes(made.value, request)) process.stderr.write(`venv: note: ${note}\n`)
    process.stdout.write(`${join(folder, 'bin/venv-run')}\n`)
    return 0
  } catch (error) {
    if (!(error instanceof Error && 'syscall' in error)) throw error
    return complain(2, [
      isDiskFull(error) ? diskFullMessage('make the venv') : { cannot: 'make the venv', why: error.message },
    ])
  }
}

function complain(status: number, messages: readonly Message[]): number {
  for (const message of messages) process.stderr.write(`${formatMessage('venv', message)}\n`)
  return status
}
