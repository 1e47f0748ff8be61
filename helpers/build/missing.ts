import { accessSync, constants, existsSync, readFileSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import type { Message } from '../../core/message.ts'

/** A program of the host that is not there, and how this host's distribution installs it. */
export interface Missing {
  readonly program: string
  readonly needed: string
  readonly install: string
}

/** By program: the name of its package in each family of distributions. */
const PACKAGES: Readonly<
  Record<string, { readonly needed: string; readonly debian: string; readonly other: string }>
> = {
  bwrap: { needed: 'run a build in a sandbox', debian: 'bubblewrap', other: 'bubblewrap' },
  xz: { needed: 'read a .tar.xz', debian: 'xz-utils', other: 'xz' },
}

/** By the ID or ID_LIKE of /etc/os-release. */
const INSTALLERS: readonly (readonly [ids: readonly string[], command: string])[] = [
  [['debian', 'ubuntu'], 'apt-get install'],
  [['fedora', 'rhel', 'centos'], 'dnf install'],
  [['alpine'], 'apk add'],
  [['arch'], 'pacman -S'],
  [['suse', 'opensuse'], 'zypper install'],
  [['void'], 'xbps-install -S'],
]

/** Whether `program` cannot be run; answers with what to tell the person. */
export function missingProgram(program: string, path: string = process.env.PATH ?? ''): Missing | undefined {
  if (findProgram(program, path)) return undefined
  const needed = PACKAGES[program]?.needed ?? 'go on'
  return { program, needed, install: installCommand(program, osRelease()) }
}

/** Where on PATH a program is. */
export const findProgram = (program: string, path: string = process.env.PATH ?? ''): string | undefined =>
  path
    .split(delimiter)
    .filter(folder => folder.startsWith('/'))
    .map(folder => join(folder, program))
    .find(isExecutable)

/** The command that installs `program`, by the text of /etc/os-release. */
export function installCommand(program: string, release: string): string {
  const id = /^ID=["']?([^"'\n]*)/m.exec(release)?.[1] ?? ''
  const like = /^ID_LIKE=["']?([^"'\n]*)/m.exec(release)?.[1] ?? ''
  const ids = [id, ...like.split(' ')]
  const names = PACKAGES[program]
  const found = INSTALLERS.find(([known]) =>
    ids.some(one => known.includes(one) || known.some(name => one.startsWith(`${name}-`))),
  )
  if (!found) return `install ${names?.other ?? program} by your distribution's package manager`
  return `${found[1]} ${(found[0][0] === 'debian' ? names?.debian : names?.other) ?? program}`
}

export const missingMessage = (missing: Missing): Message => ({
  cannot: missing.needed,
  why: `${missing.program} is not on PATH`,
  remedy: missing.install,
})

function isExecutable(file: string): boolean {
  // Most are not there, and an exception takes time.
  if (!existsSync(file)) return false
  try {
    accessSync(file, constants.X_OK)
    return true
  } catch {
    return false
  }
}

function osRelease(): string {
  try {
    return readFileSync('/etc/os-release', 'utf8')
  } catch {
    return ''
  }
}
