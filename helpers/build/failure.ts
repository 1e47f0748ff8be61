import { readFileSync } from 'node:fs'
import { basename, join, relative, resolve } from 'node:path'
import { isOutOfRoom } from '../../core/disk.ts'
import { removeTree } from '../../core/remove.ts'
import { treeRoot } from '../../core/store.ts'
import { namespaceRemedy } from '../sandbox/namespaces.ts'
import type { Ended } from '../sandbox/sandbox.ts'
import { lastLines } from './log.ts'
import { complainedPhase } from './phase.ts'
import type { BuildProblem } from './problem.ts'
import { keepFailed } from './work.ts'

const TAIL_LINES = 40

/** What a shell answers whose last command is nowhere on PATH. */
const NOT_FOUND = 127

interface Attempt {
  readonly label: string
  readonly action: 'build' | 'test'
  readonly work: string
  /** Its output was shown already. */
  readonly verbose: boolean
}

/**
 * What is wrong with the way a sandbox ended; undefined when nothing is. A failed build's folder
 * is kept, unless the disk is full, and the end of its log said.
 */
export function sandboxProblem(
  ended: Ended,
  attempt: Attempt,
  say: (line: string) => void,
): BuildProblem | undefined {
  if (ended.kind === 'exited' && ended.status === 0) return undefined
  const { label, action } = attempt
  // Such a failure tells nothing about the package, and its folder would take the room of the next try.
  if (isOutOfRoom(attempt.work)) {
    if (!attempt.verbose) sayLog(lastLines(join(attempt.work, 'log'), TAIL_LINES), say)
    removeTree(attempt.work)
    return { kind: 'disk full', label, action, folder: resolve('.') }
  }
  const failed = keepFailed(attempt.work)
  const log = join(failed, 'log')
  const lines = lastLines(log, TAIL_LINES)
  if (ended.kind === 'not started') {
    if (lines.some(line => /^bwrap: execvp \S+: Exec format error$/.test(line)))
      return { kind: 'foreign shell', label }
    if (lines.some(line => /^bwrap: execvp \S+: Permission denied$/.test(line)))
      return { kind: 'forbidden shell', label }
    if (lines.some(line => line.startsWith('bwrap: execvp /bin/sh: ')))
      return { kind: 'no shell inside', label }
    const remedy = namespaceRemedy()
    const words = lines.find(line => line.startsWith('bwrap: ')) ?? lines.at(-1) ?? 'bwrap did not start'
    return { kind: 'no sandbox', label, words, ...(remedy ? { remedy } : {}) }
  }
  if (!attempt.verbose) sayLog(lines, say)
  const phase = complainedPhase(readFileSync(join(failed, 'build.sh'), 'utf8'), lines)
  return {
    kind: 'failed',
    label,
    action,
    ended: endedWords(ended.status),
    ...(phase === undefined ? {} : { phase }),
    isProgramMissing: ended.status === NOT_FOUND,
    log: shownPath(log),
    enter: enterCommand(),
    trace: `${enterCommand()} ${TRACED[action]}`,
  }
}

const sayLog = (lines: readonly string[], say: (line: string) => void): void => {
  for (const line of lines) say(`  ${line}`)
}

const endedWords = (status: number): string =>
  status > 128 && status < 128 + 65 ? `was ended by signal ${status - 128}` : `exited with ${status}`

/** As a person would type it from the root of the tree. */
function shownPath(path: string): string {
  const inside = relative(treeRoot(), path)
  return inside.startsWith('..') ? path : inside
}

/**
 * The script once more, in the sandbox as the failure left it, with each command shown. A build begins in empty folders
 * as it did before: a patch is not applied twice, and what is installed may be there already.
 */
const TRACED: Readonly<Record<Attempt['action'], string>> = {
  build: `sh -euxc 'rm -rf ./* ./.[!.]* "$DESTDIR"/*; . /build.sh'`,
  test: '/.shell/sh -eux /build.sh',
}

const enterCommand = (): string => `bin/build-shell ${basename(process.cwd())}`
