import { lstatSync } from 'node:fs'
import { join } from 'node:path'
import { procCovers } from './covers.ts'
import { deviceOptions } from './devices.ts'
import { buildEnvironment } from './environment.ts'
import { type Root, rootOptions, sealRoot } from './root.ts'
import type { SandboxSpec } from './spec.ts'

interface SandboxRun {
  /** With the person's terminal; a build has none. */
  readonly interactive: boolean
  readonly makeflags?: string
  /** Where its devices lie. */
  readonly devices: string
  /** The descriptor on which bwrap tells how it went. */
  readonly statusFd: number
  /** The descriptor from which it reads the filter of system calls, if there is one. */
  readonly filterFd?: number
}

/** All kinds of namespaces that bwrap can make: nothing of these is shared with the host. */
export const OWN_NAMESPACES = ['user', 'net', 'pid', 'ipc', 'uts', 'cgroup'].map(kind => `--unshare-${kind}`)

/**
 * The options of bwrap, all of them: what is not named here, a build does not have. What a build
 * sees by these is the convention that SANDBOX_VERSION numbers.
 */
export function sandboxOptions(
  work: string,
  spec: SandboxSpec,
  root: Root,
  run: SandboxRun,
): readonly string[] {
  return [
    ...OWN_NAMESPACES,
    ...['--uid', '1000', '--gid', '1000', '--cap-drop', 'ALL', '--hostname', 'build'],
    ...['--die-with-parent', '--json-status-fd', String(run.statusFd)],
    ...(run.filterFd === undefined ? [] : ['--seccomp', String(run.filterFd)]),
    // Without a session of its own, a build could type into the terminal that it was started from.
    ...(run.interactive ? [] : ['--new-session']),
    '--clearenv',
    ...buildEnvironment(run.makeflags).flatMap(([name, value]) => ['--setenv', name, value]),
    ...rootOptions(root, work),
    ...['--proc', '/proc', ...procCovers()],
    ...deviceOptions(run.devices),
    ...spec.host.filter(isMounted).flatMap(path => ['--ro-bind', path, path]),
    ...['--bind', join(work, 'home'), '/home/build', '--bind', join(work, 'destdir'), '/destdir'],
    ...['--bind', join(work, 'tmp'), '/tmp', '--ro-bind', join(work, 'build.sh'), '/build.sh'],
    ...sourcesOptions(root, spec),
    ...(spec.files ? ['--ro-bind', join(work, 'files'), '/files'] : []),
    ...(spec.shell ? ['--ro-bind', spec.shell, '/.shell/sh'] : []),
    ...sealRoot(root),
    ...['--chdir', '/home/build/src'],
  ]
}

/** A root of binds is a file system in memory already, and is sealed in the end. */
function sourcesOptions(root: Root, { sources }: SandboxSpec): readonly string[] {
  const binds = sources.flatMap(source => ['--ro-bind', source.path, `/sources/${source.file}`])
  if (root.kind === 'binds') return ['--dir', '/sources', ...binds]
  return ['--tmpfs', '/sources', ...binds, '--remount-ro', '/sources']
}

/** A symlink of the host is part of the skeleton; what the host does not have is left out. */
const isMounted = (path: string): boolean =>
  lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink() === false
