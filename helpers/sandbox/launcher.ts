import { spawnSync } from 'node:child_process'
import { machine, release } from 'node:os'
import { findProgram } from '../../core/missing.ts'
import { shellWord } from '../../core/shell.ts'
import type { Root } from './root.ts'

/**
 * The few words of shell between this program and bwrap. All of it is `exec`, so bwrap ends up as
 * this program's own child and dies with it.
 *
 * Limits of the caller that a build could notice are set to what most systems have; one that may
 * not be set stays as it is.
 */
const PLAIN = `unset PWD OLDPWD SHLVL
for limit in "-c 0" "-n 1024" "-s 8192"; do ulimit -S $limit 2>/dev/null || :; done
exec "$@"`

/**
 * Mounts the overlay first, in namespaces of its own, where an ordinary user may do that too. The
 * file `mounted` tells a failure of the overlay from one of bwrap. libmount's newer way of
 * mounting takes no more than 255 letters of options.
 */
const OVERLAY = `set -eu
cd "$1/layers"
LIBMOUNT_FORCE_MOUNT2=always "$2" -t overlay overlay -o "ro,userxattr,lowerdir=$3" ../root
: >../mounted
cd "$1"
shift 3
${PLAIN}`

/**
 * What runs `command` by bwrap under the given root, with the options that it finds on `optionFd`.
 * Neither they nor an environment are passed in the open: a build can read those of process 1.
 */
export function launchCommand(
  root: Root,
  work: string,
  optionFd: number,
  command: readonly string[],
): readonly [string, ...string[]] {
  const words = [...fixedAddresses(), ...sandboxWords(optionFd, command)]
  return root.kind === 'overlay'
    ? overlaid(root.count, work, words)
    : [program('sh'), '-c', PLAIN, 'sh', ...words]
}

/** The same as a script for a shell that `residentCommand` started. */
export function launchScript(root: Root, work: string, optionFd: number, command: readonly string[]): string {
  const words = sandboxWords(optionFd, command)
  return root.kind === 'overlay'
    ? `exec ${quoted(overlaid(root.count, work, words))}`
    : `set -- ${quoted(words)}\n${PLAIN}`
}

/** Becomes a shell that dies with this process; undefined where there is none that would. */
export function residentCommand(): readonly [string, ...string[]] | undefined {
  const setpriv = findProgram('setpriv')
  if (setpriv === undefined) return undefined
  const [first = setpriv, ...words] = [
    ...fixedAddresses(),
    setpriv,
    '--pdeathsig',
    'KILL',
    program('sh'),
    '-s',
  ]
  return [first, ...words]
}

const sandboxWords = (optionFd: number, command: readonly string[]): readonly string[] => [
  program('bwrap'),
  '--args',
  String(optionFd),
  '--',
  ...command,
]

const quoted = (words: readonly string[]): string => words.map(shellWord).join(' ')

function overlaid(count: number, work: string, words: readonly string[]): readonly [string, ...string[]] {
  const layers = Array.from({ length: count }, (_, index) => index).join(':')
  return [
    program('unshare'),
    '-U',
    '-r',
    '-m',
    program('sh'),
    '-c',
    OVERLAY,
    'sh',
    work,
    program('mount'),
    layers,
    ...words,
  ]
}

/**
 * Addresses are not randomised, where that is allowed: a compiler that sorts by address makes the
 * same bytes then.
 */
function fixedAddresses(): readonly string[] {
  const setarch = findProgram('setarch')
  if (setarch === undefined) return []
  // It sets the whole personality: who shows us an old kernel, as bin/reproduce does, means the build, too.
  const old = release().startsWith('2.6.') ? ['--uname-2.6'] : []
  const words = [setarch, machine(), '-R', ...old]
  const allowed =
    known.get(setarch) ?? spawnSync(setarch, [...words.slice(1), setarch, '--version']).status === 0
  known.set(setarch, allowed)
  return allowed ? words : []
}

/** Whether a setarch may do that: asked once, for it is a matter of the system and of this process. */
const known = new Map<string, boolean>()

/** In full, since there is no PATH; one that is missing fails by its name. */
const program = (name: string): string => findProgram(name) ?? `/bin/${name}`
