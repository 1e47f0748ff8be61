import { diskFullMessage } from '../../core/disk.ts'
import { type Message, quoted } from '../../core/message.ts'
import { type Missing, missingMessage } from '../../core/missing.ts'
import { FILE_SYSTEM } from '../../core/system-error.ts'
import { type TarProblem, tarMessage } from '../tar/problem.ts'
import type { Fact } from './survey.ts'

/** Why a root was not changed, or not read. */
export type InstallProblem =
  | { readonly kind: 'no root'; readonly root: string }
  | { readonly kind: 'no packages'; readonly root: string }
  | { readonly kind: 'busy'; readonly root: string; readonly pid: number }
  | { readonly kind: 'tar'; readonly name: string; readonly problem: TarProblem }
  | { readonly kind: 'not installed'; readonly name: string; readonly names: readonly string[] }
  | { readonly kind: 'needed'; readonly name: string; readonly by: readonly string[] }
  | { readonly kind: 'two owners'; readonly path: string; readonly names: readonly string[] }
  | {
      readonly kind: 'twins'
      readonly path: string
      readonly twins: readonly { readonly path: string; readonly names: readonly string[] }[]
    }
  | { readonly kind: 'reserved'; readonly path: string; readonly name: string }
  /** `what` stands there; `owner` is the package that it is known of. */
  | {
      readonly kind: 'in the way'
      readonly path: string
      readonly name: string
      readonly what: Fact['kind']
      readonly owner?: string
    }
  | { readonly kind: 'other disk'; readonly path: string }
  | { readonly kind: 'damaged'; readonly file: string; readonly line: number; readonly why: string }
  | { readonly kind: 'disk full'; readonly folder: string }
  | { readonly kind: 'no folder'; readonly path: string }
  /** A system call failed; what was begun is taken back. */
  | { readonly kind: 'system'; readonly code: string; readonly path: string }
  /** Neither completed nor taken back: the journal is still there. */
  | { readonly kind: 'stuck'; readonly root: string; readonly by: InstallProblem }
  | { readonly kind: 'nothing under way'; readonly root: string }
  | { readonly kind: 'no generations'; readonly root: string }
  /** There are generations, and `current` leads to none of them: somebody removed the one that it led to. */
  | { readonly kind: 'no current'; readonly root: string; readonly all: readonly number[] }
  | {
      readonly kind: 'no generation'
      readonly root: string
      readonly number?: number
      readonly all: readonly number[]
    }
  /** A package's script; the package is installed. `output`: the last lines of what it said. */
  | {
      readonly kind: 'script failed'
      readonly name: string
      readonly why: string
      readonly output: readonly string[]
      /** The package was to come into a generation, which does not come to be. */
      readonly undone?: true
    }
  | { readonly kind: 'missing'; readonly missing: Missing }
  /** Packages are installed in the folder itself. */
  | { readonly kind: 'plain root'; readonly root: string }
  /** Of what generations need in their folder, somebody else's thing has this name. */
  | { readonly kind: 'name taken'; readonly root: string; readonly name: string }

/** 1 the answer is no, 2 misuse or trouble. */
export function installStatus(problem: InstallProblem): 1 | 2 {
  switch (problem.kind) {
    case 'not installed':
    case 'needed':
    case 'two owners':
    case 'twins':
    case 'reserved':
    case 'in the way':
    case 'no packages':
    case 'nothing under way':
    case 'no generations':
    case 'no current':
    case 'no generation':
    case 'plain root':
    case 'name taken':
    case 'script failed':
      return 1
    default:
      return 2
  }
}

/** `action` is what was tried: install, remove, read. */
export function installMessage(action: string, problem: InstallProblem): Message {
  switch (problem.kind) {
    case 'no root':
      return { cannot: `${action} in ${quoted(problem.root)}`, why: 'there is no such folder' }
    case 'no packages':
      return { cannot: `read ${quoted(problem.root)}`, why: 'nothing was installed there' }
    case 'busy':
      return {
        cannot: `change ${quoted(problem.root)}`,
        why: 'another program is changing it',
        facts: [['process', String(problem.pid)]],
      }
    case 'tar':
      return tarMessage(action, problem.name, problem.problem)
    case 'not installed':
      return {
        cannot: `${action} ${problem.name}`,
        why: 'it is not installed there',
        ...(problem.names.length === 0 ? {} : { facts: [['there', problem.names.join(' ')]] as const }),
      }
    case 'needed':
      return {
        cannot: `${action} ${problem.name}`,
        why: 'others need it',
        facts: problem.by.map(name => ['by', name] as const),
      }
    case 'two owners':
      return {
        cannot: `install ${quoted(problem.path)}`,
        why: 'two packages have it',
        facts: problem.names.map(name => ['package', name] as const),
      }
    case 'twins':
      return {
        cannot: `install ${quoted(problem.path)}`,
        why: 'the file system takes it and another for one',
        facts: problem.twins.map(({ path, names }) => [names.join(' '), quoted(path)] as const),
      }
    case 'reserved':
      return {
        cannot: `install ${quoted(problem.path)}`,
        why: 'no package may have what is in the folder of the database',
        facts: [['package', problem.name]],
      }
    case 'in the way':
      return {
        cannot: `install ${quoted(problem.path)}`,
        why: `${WHAT[problem.what]} is in the way`,
        facts: [
          ['package', problem.name],
          [
            'there',
            problem.owner === undefined
              ? 'no package has it'
              : `by the database it belongs to ${problem.owner}`,
          ],
        ],
        remedy: 'move it elsewhere',
      }
    case 'other disk':
      return {
        cannot: `${action} ${quoted(problem.path)}`,
        why: 'another file system is mounted there, and nothing is moved between two in one step',
        remedy: 'unmount it, or choose a root that is one file system',
      }
    case 'damaged':
      return {
        cannot: `read ${quoted(problem.file)}`,
        why: `line ${problem.line}: ${problem.why}`,
        remedy: 'restore it from a backup',
      }
    case 'disk full':
      return diskFullMessage(action, problem.folder)
    case 'no folder':
      return {
        cannot: `${action} what is below ${quoted(problem.path)}`,
        why: 'it is no folder of this root; a symlink there is never followed',
      }
    case 'system':
      return {
        cannot: action,
        why: SYSTEM[problem.code] ?? problem.code,
        facts: [['path', quoted(problem.path)]],
      }
    case 'stuck':
      return {
        ...installMessage(action, problem.by),
        cannot: `go on with the change of ${quoted(problem.root)}`,
        remedy:
          'mend that; then coolports install --root DIR --resume completes it, --rollback takes it back',
      }
    case 'no generations':
      return {
        cannot: `switch ${quoted(problem.root)}`,
        why: 'it has no generations',
        remedy: 'they are kept where the first package was installed with --generations',
      }
    case 'no current':
      return {
        cannot: `${action} in ${quoted(problem.root)}`,
        why: 'its "current" leads to no generation',
        facts: [['there', problem.all.join(' ')]],
        remedy: 'choose one: coolports rollback --root DIR --to N',
      }
    case 'no generation':
      return {
        cannot: `switch ${quoted(problem.root)}`,
        why:
          problem.number === undefined
            ? 'there is no earlier generation'
            : `there is no generation ${problem.number}`,
        facts: [['there', problem.all.join(' ')]],
      }
    case 'script failed':
      return {
        cannot: `run the post-install script of ${problem.name}`,
        why: problem.why,
        facts: problem.output.map(line => ['said', quoted(line)] as const),
        remedy: problem.undone
          ? 'nothing is changed: there is no new generation'
          : 'the package is installed; coolports install --root DIR --resume runs it again',
      }
    case 'missing':
      return missingMessage(problem.missing)
    case 'plain root':
      return {
        cannot: `keep generations in ${quoted(problem.root)}`,
        why: 'packages are installed in the folder itself',
        remedy: 'choose another folder',
      }
    case 'name taken':
      return {
        cannot: `keep generations in ${quoted(problem.root)}`,
        why: `something else has the name ${quoted(problem.name)} there`,
        remedy: 'choose another folder',
      }
    case 'nothing under way':
      return { cannot: `go on in ${quoted(problem.root)}`, why: 'no change is under way there' }
  }
}

const WHAT: Readonly<Record<Fact['kind'], string>> = {
  absent: 'nothing',
  file: 'a file',
  folder: 'a folder',
  special: 'a device, fifo or socket',
  symlink: 'a symlink',
}

const SYSTEM: Readonly<Record<string, string>> = {
  ...FILE_SYSTEM,
  ELOOP: 'a symlink there is not followed',
  EXDEV: 'it is on another file system than the change',
}
