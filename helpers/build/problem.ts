import type { Sha256 } from '../../core/digest.ts'
import { diskFullMessage } from '../../core/disk.ts'
import { type Message, quoted } from '../../core/message.ts'
import { type Missing, missingMessage } from '../../core/missing.ts'
import type { Claim } from '../store/spot-check.ts'
import { type TarProblem, tarMessage } from '../tar/problem.ts'

/** Why do-build did not do what it was asked. */
export type BuildProblem =
  | { readonly kind: 'tar'; readonly action: string; readonly thing: string; readonly problem: TarProblem }
  | { readonly kind: 'not built'; readonly list: string; readonly file: string }
  | { readonly kind: 'no list'; readonly list: string }
  | { readonly kind: 'bad fetch list'; readonly list: string; readonly line: number; readonly why: string }
  | { readonly kind: 'bad key'; readonly key: string; readonly why: string }
  | { readonly kind: 'no source'; readonly file: string; readonly digest: string; readonly path: string }
  | { readonly kind: 'damaged source'; readonly file: string; readonly path: string }
  | {
      readonly kind: 'not keyed'
      readonly key: string
      readonly unkeyed: readonly string[]
      readonly unshown: readonly string[]
    }
  | {
      readonly kind: 'other script'
      readonly key: string
      /** The first that differs, from 1; one of the two may end before it. */
      readonly line: number
      readonly keyed: string | undefined
      readonly given: string | undefined
    }
  | { readonly kind: 'not one archive'; readonly list: string; readonly count: number }
  | { readonly kind: 'no shell'; readonly file: string }
  | { readonly kind: 'no failed build'; readonly folder: string }
  | { readonly kind: 'no trees'; readonly label: string; readonly paths: readonly string[] }
  | { readonly kind: 'no proc' }
  | { readonly kind: 'missing'; readonly missing: Missing }
  | { readonly kind: 'decompressor failed'; readonly thing: string; readonly words: string }
  | { readonly kind: 'no shell inside'; readonly label: string }
  | { readonly kind: 'foreign shell'; readonly label: string }
  | { readonly kind: 'forbidden shell'; readonly label: string }
  | { readonly kind: 'no sandbox'; readonly label: string; readonly words: string; readonly remedy?: string }
  /** A cache's word about the same key, which this build was to check. */
  | { readonly kind: 'disproved'; readonly label: string; readonly claim: Claim; readonly got: Sha256 }
  | { readonly kind: 'disk full'; readonly label: string; readonly action: string; readonly folder: string }
  | {
      readonly kind: 'failed'
      readonly label: string
      readonly action: 'build' | 'test'
      readonly ended: string
      /** Where the script was, when that can be told. */
      readonly phase?: string
      /** Whether the shell did not find a program. */
      readonly isProgramMissing: boolean
      readonly log: string
      readonly enter: string
      /** Shows which command failed. */
      readonly trace: string
    }

/** Where a program comes from that a script asked for in vain. */
const LACKED = {
  build: 'a program: name the package that has it in buildDeps',
  test: 'a program: name the package that has it in testDeps, or in runDeps if this one cannot run without it',
} as const

/** 1: the answer is no. 2: there was no answer. */
export function exitStatus(problem: BuildProblem): 1 | 2 {
  if (problem.kind === 'failed' || problem.kind === 'disproved') return 1
  // What was built can be no package.
  return problem.kind === 'tar' && problem.action === 'pack' && problem.problem.kind !== 'disk full' ? 1 : 2
}

export function buildMessage(problem: BuildProblem): Message {
  switch (problem.kind) {
    case 'tar':
      return tarMessage(problem.action, problem.thing, problem.problem)
    case 'not built':
      return {
        cannot: 'put the root together',
        why: `${quoted(problem.file)} does not exist`,
        facts: [['named in', problem.list]],
        remedy: 'build it first; an emitted rule does so by redo-ifchange',
      }
    case 'no list':
      return { cannot: `read ${quoted(problem.list)}`, why: 'it does not exist' }
    case 'bad fetch list':
      return { cannot: `read ${quoted(problem.list)}`, why: `line ${problem.line}: ${problem.why}` }
    case 'bad key':
      return {
        cannot: `read ${quoted(problem.key)}`,
        why: problem.why,
        // Redo leaves a file alone that somebody wrote into; where it was made so, the rules are of another coolports.
        remedy: 'remove the file and run: npx coolports-gen',
      }
    case 'no source':
      return {
        cannot: `show the source ${quoted(problem.file)}`,
        why: 'it is not in the store',
        facts: [
          ['sha256', problem.digest],
          ['store', problem.path],
        ],
        remedy: 'fetch it first, with bin/do-fetch',
      }
    case 'damaged source':
      return {
        cannot: `show the source ${quoted(problem.file)}`,
        why: 'what the store has of it is not what its sha256 says',
        facts: [['store', problem.path]],
        remedy: 'run: bin/coolports cache verify; then it is fetched again',
      }
    case 'not keyed':
      return {
        cannot: 'show the build its inputs',
        why: `they are not those of its key, ${quoted(problem.key)}`,
        facts: [
          ...problem.unkeyed.map(line => ['not in the key', quoted(line)] as const),
          ...problem.unshown.map(line => ['only in the key', quoted(line)] as const),
        ],
        remedy: 'run: npx coolports-gen',
      }
    case 'other script':
      return {
        cannot: 'run the build script',
        why: `it is not that of its key, ${quoted(problem.key)}`,
        facts: [
          [`line ${problem.line}`, problem.given === undefined ? 'none' : quoted(problem.given)],
          ['in the key', problem.keyed === undefined ? 'none' : quoted(problem.keyed)],
        ],
        remedy: 'rules are not edited but made of manifests; run: npx coolports-gen',
      }
    case 'not one archive':
      return {
        cannot: 'import the package',
        why: `${quoted(problem.list)} names ${problem.count} sources, not one archive`,
      }
    case 'no shell':
      return { cannot: 'run the test', why: `${quoted(problem.file)} holds no /bin/sh` }
    case 'no failed build':
      return { cannot: `enter ${quoted(problem.folder)}`, why: 'there is no failed build' }
    case 'no trees':
      return {
        cannot: `enter the sandbox of ${problem.label}`,
        why: 'the store does not have what its root was made of any more',
        facts: problem.paths.map(path => ['gone', path] as const),
        remedy: 'build it again',
      }
    case 'no proc':
      return {
        cannot: 'run a build in a sandbox',
        why: 'there is no /proc here',
        remedy: 'as root: mount -t proc proc /proc',
      }
    case 'missing':
      return missingMessage(problem.missing)
    case 'decompressor failed':
      return { cannot: `read ${problem.thing}`, why: problem.words }
    case 'disproved':
      return {
        cannot: `believe the package cache ${quoted(problem.claim.place)} about ${problem.label}`,
        why: 'THIS BUILD OF THE SAME KEY CAME OUT DIFFERENT',
        facts: [
          ['signed by', problem.claim.builders.map(quoted).join(', ')],
          ['signed', `tar sha256 ${problem.claim.tar}`],
          ['built', `tar sha256 ${problem.got}`],
        ],
        remedy:
          'bin/reproduce tells whether it builds the same twice; caches are not asked for this package any more',
      }
    case 'disk full':
      return diskFullMessage(`${problem.action} ${problem.label}`, problem.folder)
    case 'foreign shell':
      return {
        cannot: `run the script of ${problem.label}`,
        why: `its shell is for another kind of machine than this one, ${process.arch}`,
        remedy: 'the seed, and so all that it builds, is for x86_64',
      }
    case 'forbidden shell':
      return {
        cannot: `run the script of ${problem.label}`,
        why: 'its shell may not be run',
        remedy:
          'the store lies on a file system that is mounted noexec, most likely; set COOLPORTS_STORE to a folder on another one',
      }
    case 'no shell inside':
      return {
        cannot: `run the script of ${problem.label}`,
        why: 'no package that it names holds a /bin/sh',
        remedy: "add one to buildDeps: 'seed'",
      }
    case 'no sandbox':
      return {
        cannot: `set up the sandbox of ${problem.label}`,
        why: problem.words,
        ...(problem.remedy ? { remedy: problem.remedy } : {}),
      }
    case 'failed':
      return {
        cannot: `${problem.action} ${problem.label}`,
        why: `its script ${problem.ended}`,
        facts: [
          ...(problem.isProgramMissing ? [['lacks', LACKED[problem.action]] as const] : []),
          ...(problem.phase === undefined ? [] : [['phase', problem.phase] as const]),
          ['log', problem.log],
          ['enter', problem.enter],
        ],
        remedy: `see the command that failed: ${problem.trace}`,
      }
  }
}
