import { spawnSync } from 'node:child_process'
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'

/** What the shell of the doors needs of every system. */
const PLAIN = ['sh', 'cat', 'dirname', 'find', 'head', 'id', 'mkdir', 'node', 'readlink', 'uname']

/** Links in a folder to the commands that every system has, and to nothing else; `shell` is its sh. */
export function linkPlainCommands(folder: string, shell = 'sh'): void {
  mkdirSync(folder)
  for (const name of PLAIN) symlinkSync(locate(name === 'sh' ? shell : name), join(folder, name))
}

/** Another machine: this one's kernel and plain commands, an /etc/os-release and programs of its own. */
export class Machine {
  readonly #folder = mkdtempSync(join(tmpdir(), 'coolports machine-'))
  readonly #release = join(this.#folder, 'os-release')
  readonly bin = join(this.#folder, 'bin')
  readonly #asked = join(this.#folder, 'asked')

  /** `release` is the text of its os-release, `shell` the program that is its sh. */
  constructor(release: string, shell = 'sh') {
    writeFileSync(this.#release, release)
    linkPlainCommands(this.bin, shell)
  }

  /** Gives it a program of a few lines of sh; what it is called with is noted. */
  program(name: string, script = ''): void {
    const file = join(this.bin, name)
    writeFileSync(file, `#!/bin/sh\necho "${name} $*" >>'${this.#asked}'\n${script}\n`)
    chmodSync(file, 0o755)
  }

  /** What its programs were called with, in order. */
  get asked(): readonly string[] {
    return existsSync(this.#asked) ? readFileSync(this.#asked, 'utf8').trimEnd().split('\n') : []
  }

  /** Runs a command on it, as root or as nobody in particular. */
  run(who: 'root' | 'user', cwd: string, command: readonly string[]) {
    // Without a map of its own, a user namespace shows every user as 65534.
    const as = who === 'root' ? [] : [locate('unshare'), '-U']
    const { status, stderr, stdout } = spawnSync(
      locate('unshare'),
      [
        ...['-rm', locate('sh'), '-euc', 'mount --bind "$0" /etc/os-release; PATH=$1; shift; exec "$@"'],
        ...[this.#release, this.bin, ...as, ...command],
      ],
      { cwd, encoding: 'utf8', input: 'typed\n' },
    )
    return { status, stdout, stderr }
  }

  remove(): void {
    rmSync(this.#folder, { recursive: true, force: true })
  }
}

/** Whether this machine lets us mount anything. */
export const mayMount = (): boolean =>
  spawnSync('unshare', ['-rm', 'sh', '-c', 'mount -t tmpfs none /mnt && unshare -U true']).status === 0

function locate(name: string): string {
  const found = (process.env.PATH ?? '')
    .split(delimiter)
    .map(folder => join(folder, name))
    .find(existsSync)
  if (found === undefined) throw new Error(`there is no ${name} on PATH`)
  return found
}
