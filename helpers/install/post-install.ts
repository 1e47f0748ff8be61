import { spawnSync } from 'node:child_process'
import { closeSync, renameSync } from 'node:fs'
import { isSha256 } from '../../core/digest.ts'
import { findProgram, missingProgram } from '../../core/missing.ts'
import { isPackageName } from '../../core/name.ts'
import { postInstallPath } from '../../core/post-install.ts'
import { parseRecfile, value } from '../../core/recfile.ts'
import { removeTree } from '../../core/remove.ts'
import { ok, type Result, refuse } from '../../core/result.ts'
import { makeScratch } from '../../core/scratch.ts'
import { OWN_NAMESPACES } from '../sandbox/bubblewrap.ts'
import { procCovers } from '../sandbox/covers.ts'
import { closeStrays } from '../sandbox/descriptors.ts'
import { deviceBinds, deviceFolder } from '../sandbox/devices.ts'
import { opened } from '../sandbox/opened.ts'
import { keyringFilter } from '../sandbox/seccomp.ts'
import { PACKAGE_TIME } from '../tar/entry.ts'
import { readDatabase } from './database.ts'
import { isFailure } from './failure.ts'
import type { Folders } from './folders.ts'
import { DATABASE } from './layout.ts'
import { readOwnFile, writeOwnFile } from './own-file.ts'
import { isAsRecorded } from './plan.ts'
import type { InstallProblem } from './problem.ts'
import type { Installed, OwnedFile } from './record.ts'
import { factOf } from './survey.ts'

/** Which packages' scripts were run to their end: a record for each, with the sha256 of the package's tar. */
const RUN = `${DATABASE}/post-install.rec`

/**
 * Runs the scripts of packages that were not run for them yet, what a package needs before itself. What
 * was run is written down after each, so one that was cut short is run again.
 */
export function runPostInstalls(root: string, folders: Folders): Result<void, readonly InstallProblem[]> {
  // What scripts make is for all, as what packages bring, whoever installs.
  const before = process.umask(0o022)
  try {
    return runDue(root, folders)
  } finally {
    process.umask(before)
  }
}

function runDue(root: string, folders: Folders): Result<void, readonly InstallProblem[]> {
  const packages = readDatabase(folders)
  if (!packages.ok) return packages
  const recorded = recordedRuns(folders)
  const names = new Set(packages.value.map(({ name }) => name))
  const run = new Map([...recorded].filter(([name]) => names.has(name)))
  const problems: InstallProblem[] = []
  for (const one of inOrder(packages.value)) {
    const script = scriptOf(one)
    if (!script || run.get(one.name) === one.tar) continue
    const problem = inScratch(one.name, scratch => runScript(root, folders, one, script, scratch))
    // It may have put others in the place of folders that are open here.
    folders.forget()
    if (problem) problems.push(problem)
    else {
      run.set(one.name, one.tar)
      writeRuns(folders, run)
    }
  }
  if (run.size !== recorded.size) writeRuns(folders, run)
  return problems.length > 0 ? refuse(problems) : ok(undefined)
}

/** Whether there is a script to be run. */
export function isScriptDue(folders: Folders): boolean {
  const packages = readDatabase(folders)
  const run = recordedRuns(folders)
  return packages.ok && packages.value.some(one => scriptOf(one) && run.get(one.name) !== one.tar)
}

const scriptOf = (one: Installed): OwnedFile | undefined =>
  one.entries.find(
    (entry): entry is OwnedFile => entry.kind === 'file' && entry.path === postInstallPath(one.name),
  )

/** What a package needs comes before it, as far as there is no circle. */
function inOrder(packages: readonly Installed[]): readonly Installed[] {
  const seen = new Set<string>()
  const order: Installed[] = []
  const visit = (one: Installed): void => {
    if (seen.has(one.name)) return
    seen.add(one.name)
    for (const other of packages) if (one.needs.includes(other.name)) visit(other)
    order.push(one)
  }
  for (const one of packages) visit(one)
  return order
}

/**
 * With a folder of our own outside of the root, as who installs has no store. Devices need a file system that takes
 * them, as /var/tmp is on most machines, and /tmp on fewer. Without it the script is still to be run.
 */
function inScratch(
  name: string,
  use: (scratch: string) => InstallProblem | undefined,
): InstallProblem | undefined {
  let scratch: string | undefined
  try {
    scratch = scratchWithDevices()
    return use(scratch)
  } catch (error) {
    if (!isFailure(error)) throw error
    return { kind: 'script failed', name, why: error.message, output: [] }
  } finally {
    if (scratch !== undefined) removeTree(scratch)
  }
}

function scratchWithDevices(): string {
  try {
    return makeScratch('coolports-install', '/var/tmp')
  } catch {
    return makeScratch('coolports-install')
  }
}

function runScript(
  root: string,
  folders: Folders,
  { name, by }: Installed,
  script: OwnedFile,
  scratch: string,
): InstallProblem | undefined {
  if (!isAsRecorded(factOf(folders, script.path), script, by))
    return { kind: 'script failed', name, why: 'it is not the one that came with the package', output: [] }
  const missing = missingProgram('bwrap')
  if (missing) return { kind: 'missing', missing }
  const has = (path: string): boolean => factOf(folders, path).kind === 'folder'
  const filter = keyringFilter()
  const filterFd = filter && opened(scratch, 'filter', filter)
  const options = [
    ...OWN_NAMESPACES,
    ...['--uid', '0', '--gid', '0', '--cap-drop', 'ALL', '--hostname', 'root'],
    ...['--die-with-parent', '--new-session', '--clearenv'],
    ...ENVIRONMENT.flatMap(([variable, text]) => ['--setenv', variable, text]),
    ...['--bind', root, '/'],
    // Where the root has a place for them; nothing is made there for their sake.
    ...(has('proc') ? ['--proc', '/proc', ...procCovers()] : []),
    // Others than the machine's, whose modes root's script could change.
    ...(has('dev') ? ['--dev', '/dev', ...deviceBinds(deviceFolder(scratch))] : []),
    ...(filterFd === undefined ? [] : ['--seccomp', '3']),
    // What the next change is to believe, and files that are written there from outside of the sandbox.
    ...(has(DATABASE) ? ['--ro-bind', `${root}/${DATABASE}`, `/${DATABASE}`] : []),
    ...['--chdir', '/'],
  ]
  // A file that is open in the shell of who installs is none of a script's business.
  closeStrays()
  const { status, signal, error, stdout, stderr } = spawnSync(
    findProgram('bwrap') ?? 'bwrap',
    [...options, '--', '/bin/sh', '-eu', `/${script.path}`],
    {
      env: {},
      stdio: ['ignore', 'pipe', 'pipe', ...(filterFd === undefined ? [] : [filterFd])],
      encoding: 'utf8',
      maxBuffer: MAX_OUTPUT_BYTES,
    },
  )
  if (filterFd !== undefined) closeSync(filterFd)
  if (status === 0) return undefined
  // Node ends what says too much by a signal of its own.
  const isTooLong = (error as NodeJS.ErrnoException | undefined)?.code === 'ENOBUFS'
  const ended = isTooLong ? `its output, longer than ${MAX_OUTPUT_BYTES / 1024 ** 2} MiB` : signal
  const why =
    status !== null
      ? `it exited with ${status}`
      : ended
        ? `it was ended by ${ended}`
        : `it cannot be started: ${error?.message}`
  const output = `${stdout ?? ''}${stderr ?? ''}`.trimEnd().split('\n').slice(-SHOWN_LINES)
  return { kind: 'script failed', name, why, output: output.filter(line => line !== '') }
}

const MAX_OUTPUT_BYTES = 16 * 1024 ** 2
const SHOWN_LINES = 10

const ENVIRONMENT: readonly (readonly [name: string, value: string])[] = [
  ['HOME', '/'],
  ['LC_ALL', 'C'],
  ['PATH', '/bin:/usr/bin:/sbin:/usr/sbin'],
  ['SOURCE_DATE_EPOCH', String(PACKAGE_TIME)],
  ['TZ', 'UTC0'],
]

/** What is damaged here costs a second run, no more. */
function recordedRuns(folders: Folders): ReadonlyMap<string, string> {
  const { records } = parseRecfile(readOwnFile(folders, RUN) ?? '')
  return new Map(
    records.flatMap(record => {
      const [name = '', tar = ''] = [value(record, 'name'), value(record, 'tar')]
      return isPackageName(name) && isSha256(tar) ? [[name, tar] as const] : []
    }),
  )
}

function writeRuns(folders: Folders, run: ReadonlyMap<string, string>): void {
  const text = [...run].sort().map(([name, tar]) => `name: ${name}\ntar: ${tar}\n`)
  writeOwnFile(folders, `${RUN}.part`, text.join('\n'))
  renameSync(folders.at(`${RUN}.part`), folders.second(RUN))
}
