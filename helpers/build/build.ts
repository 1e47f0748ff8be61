import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { sha256 } from '../../core/digest.ts'
import type { Key } from '../../core/key-file.ts'
import { formatMessage, type Message, quoted } from '../../core/message.ts'
import { removeTree } from '../../core/remove.ts'
import { ok, type Result, refuse } from '../../core/result.ts'
import { shellWord } from '../../core/shell.ts'
import { runSandbox } from '../sandbox/sandbox.ts'
import type { SandboxSpec } from '../sandbox/spec.ts'
import { markUnkeyed } from '../store/built.ts'
import { findContent } from '../store/content.ts'
import { keepBuilt } from '../store/keep.ts'
import { markUsed } from '../store/mark.ts'
import { linkFile, moveFile } from '../store/move.ts'
import { awaitsComparison, findDifference } from '../store/spot-check.ts'
import { useStore } from '../store/use.ts'
import { closureTrees, type Member } from './closure.ts'
import type { Command } from './command.ts'
import { contentKey } from './content-key.ts'
import { sandboxProblem } from './failure.ts'
import { checkFiles, openKey } from './key.ts'
import { prepareSandbox } from './prepare.ts'
import type { BuildProblem } from './problem.ts'
import { makeReadable } from './readable.ts'
import { namedSources } from './sources.ts'
import { strangersAmong } from './stranger.ts'
import { keepFailed, keepLog, keepsModes, makeWork, modesLost, removeWork } from './work.ts'

/**
 * Builds a package: runs its script in the sandbox, packs DESTDIR, gives the file its name. Where the store has
 * a package that came of the same content, it is that one: then nothing is run.
 */
export const build = (
  command: Command & { kind: 'build' },
  store: string,
  script: string,
  say: (line: string) => void,
): Promise<Result<void, readonly BuildProblem[]>> =>
  useStore(store, async use => {
    if (command.fetch !== undefined) await use.need({ distfiles: namedSources(store, command.fetch) })
    const key = openKey(store, { ...command, script })
    if (!key.ok) return key
    const members = await closureTrees(use, command.closures)
    const strangers = members.ok ? strangersAmong(store, members.value) : []
    if (strangers.length > 0) say(formatMessage('do-build', unkept(command.label, strangers)))
    const inputs = { key: key.value, members, isKeyed: key.value !== undefined && strangers.length === 0 }
    if (takeSame(command, store, inputs, say)) return ok(undefined)
    const work = makeWork(script)
    if (!keepsModes(work)) {
      removeTree(work)
      return refuse([modesLost('build', command.label)])
    }
    try {
      return await buildIn(work, command, store, inputs, say)
    } catch (error) {
      removeTree(work)
      throw error
    }
  })

interface Made {
  readonly key: Key | undefined
  /** What the root is put together from, or what is wrong with that. */
  readonly members: Result<readonly Member[], readonly BuildProblem[]>
  /** Whether what comes of it is what its key stands for, and may be known by it. */
  readonly isKeyed: boolean
}

const unkept = (label: string, strangers: readonly string[]): Message => ({
  cannot: `keep ${label} in the store`,
  why: 'of packages that it is built with the store knows others by the same keys',
  facts: strangers.map(file => ['package', quoted(file)]),
  remedy: `rm -f ${strangers.map(shellWord).join(' ')} has them made again`,
})

/** Takes a package that came of the same content, and keeps it under this pkghash as well. */
function takeSame(
  { label, out }: Command & { kind: 'build' },
  store: string,
  inputs: Made,
  say: (line: string) => void,
): boolean {
  const text = contentOf(inputs)
  if (
    inputs.key === undefined ||
    text === undefined ||
    !inputs.isKeyed ||
    awaitsComparison(store, inputs.key.hash)
  )
    return false
  const same = findContent(store, text)
  if (same === undefined) return false
  try {
    // The note of its content was written by a build here, whose tar it is.
    keepBuilt(store, inputs.key, same.path, same.tar, message => say(formatMessage('do-build', message)))
    linkFile(same.path, out)
  } catch (error) {
    // Packages of the store are in no use that a gc would know of: one may have taken it just now.
    if ((error as NodeJS.ErrnoException).code === 'ENOENT' && !existsSync(same.path)) return false
    throw error
  }
  markUsed(store, 'packages', same.hash)
  markUsed(store, 'contents', sha256(text))
  removeWork()
  say(`${label}: same inputs as ${same.hash.slice(0, 12)}, taken from the store`)
  return true
}

/** The members are those that are mounted, so their digests were verified: a tree is named by nothing else. */
const contentOf = ({ key, members }: Made): string | undefined =>
  key && members.ok
    ? contentKey(
        key.text,
        members.value.map(({ digest }) => digest),
      )
    : undefined

async function buildIn(
  work: string,
  command: Command & { kind: 'build' },
  store: string,
  inputs: Made,
  say: (line: string) => void,
): Promise<Result<void, readonly BuildProblem[]>> {
  const { label } = command
  const spec = prepareKeyed(work, command, store, inputs)
  if (!spec.ok) {
    removeTree(work)
    return spec
  }
  say(`build ${label}`)
  const started = performance.now()
  const ended = await runSandbox(work, spec.value, {
    store,
    command: ['/bin/sh', '-eu', '/build.sh'],
    verbose: command.verbose,
  })
  const problem = sandboxProblem(ended, { label, action: 'build', work, verbose: command.verbose }, say)
  if (problem) return refuse([problem])

  const { packTree } = await import('../tar/pack.ts')
  makeReadable(join(work, 'destdir'))
  const file = join(work, 'pkg.tar.gz')
  const cleared: string[] = []
  const packed = await packTree(join(work, 'destdir'), file, {
    setuid: inputs.key?.setuid ?? [],
    cleared: path => cleared.push(path),
  })
  if (!packed.ok) {
    const isFull = packed.error.some(({ kind }) => kind === 'disk full')
    if (isFull) removeTree(work)
    else keepFailed(work)
    return refuse(packed.error.map(one => ({ kind: 'tar', action: 'pack', thing: label, problem: one })))
  }
  const keyed = inputs.isKeyed ? inputs.key : undefined
  const claim = keyed && findDifference(store, keyed.hash, packed.value.digest)
  if (claim) {
    removeTree(work)
    return refuse([{ kind: 'disproved', label, claim, got: packed.value.digest }])
  }
  const text = contentOf(inputs)
  const content = text === undefined ? undefined : { text, tar: packed.value.digest }
  const tell = (message: Message): void => say(formatMessage('do-build', message))
  if (inputs.key && !keyed) markUnkeyed(store, inputs.key.hash, packed.value.digest)
  if (keyed) keepBuilt(store, keyed, file, packed.value.digest, tell, content)
  moveFile(file, command.out)
  const noLog = keepLog(work)
  if (noLog !== undefined) tell({ cannot: `keep what the build of ${label} has printed`, why: noLog })
  removeWork(work)
  for (const path of cleared)
    say(`${label}: ${quoted(path)} is no longer set-uid or set-gid: setuid does not name it`)
  if (packed.value.entries === 0) say(`${label}: it is empty: nothing was installed below $DESTDIR`)
  const seconds = Math.round((performance.now() - started) / 1000)
  const megabytes = (packed.value.fileBytes / 1e6).toFixed(1)
  say(`built ${label} in ${seconds} s, ${megabytes} MB, tar sha256 ${packed.value.digest}`)
  return ok(undefined)
}

/** With a key, what the build is shown as files is the key's, whatever became of files/ meanwhile. */
function prepareKeyed(
  work: string,
  command: Command & { kind: 'build' },
  store: string,
  { key, members }: Made,
): Result<SandboxSpec, readonly BuildProblem[]> {
  const spec = prepareSandbox(store, work, command, members)
  if (!spec.ok || key === undefined) return spec
  const keyed = checkFiles(key, spec.value.files ? join(work, 'files') : undefined)
  return keyed.ok ? spec : keyed
}
