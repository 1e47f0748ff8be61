import { join } from 'node:path'
import { formatMessage } from '../../core/message.ts'
import { ok, type Result, refuse } from '../../core/result.ts'
import type { Command } from './command.ts'
import { sandboxProblem } from './failure.ts'
import { keepPackage } from './keep.ts'
import { type Key, openKey } from './key.ts'
import { placeFile } from './place.ts'
import { prepareSandbox } from './prepare.ts'
import type { BuildProblem } from './problem.ts'
import { removeTree } from './remove.ts'
import { runSandbox } from './sandbox.ts'
import { makeWork, removeWork } from './work.ts'

/** Builds a package: runs its script in the sandbox, packs DESTDIR, gives the file its name. */
export async function build(
  command: Command & { kind: 'build' },
  store: string,
  script: string,
  say: (line: string) => void,
): Promise<Result<void, readonly BuildProblem[]>> {
  const key = openKey(store, command)
  if (!key.ok) return key
  const work = makeWork('.', script)
  try {
    return await buildIn(work, command, store, key.value, say)
  } catch (error) {
    removeTree(work)
    throw error
  }
}

async function buildIn(
  work: string,
  command: Command & { kind: 'build' },
  store: string,
  key: Key | undefined,
  say: (line: string) => void,
): Promise<Result<void, readonly BuildProblem[]>> {
  const { label } = command
  const spec = await prepareSandbox(store, work, command)
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
  const file = join(work, 'pkg.tar.gz')
  const packed = await packTree(join(work, 'destdir'), file)
  if (!packed.ok) {
    removeTree(work)
    return refuse(packed.error.map(one => ({ kind: 'tar', action: 'pack', thing: label, problem: one })))
  }
  if (key) keepPackage(store, key, file, message => say(formatMessage('do-build', message)))
  placeFile(file, command.out)
  removeWork('.', work)
  const seconds = Math.round((performance.now() - started) / 1000)
  const megabytes = (packed.value.fileBytes / 1e6).toFixed(1)
  say(`built ${label} in ${seconds} s, ${megabytes} MB, tar sha256 ${packed.value.digest}`)
  return ok(undefined)
}
