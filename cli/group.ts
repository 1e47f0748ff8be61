import type { Command } from './command.ts'

interface Group {
  readonly name: string
  /** One line for the list of commands. */
  readonly about: string
  /** In the order in which its help lists them; each is called by the name of the group and its own. */
  readonly commands: readonly Command[]
}

/** Commands of one matter, under one word: `coolports mirror serve`. */
export const group = ({ name, about, commands }: Group): Command => ({
  name,
  usage: `${name} COMMAND`,
  commands,
  register: (yargs, choose, behind = 'coolports') => {
    yargs.command(name, about, given => {
      given.usage(`${behind} ${name} COMMAND\n\n${about}`)
      for (const command of commands) command.register(given, choose, `${behind} ${name}`)
      return given.demandCommand(1, `no command of ${name} is named`)
    })
  },
})
