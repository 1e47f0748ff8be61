import { existsSync, readFileSync } from 'node:fs'
import { availableParallelism, constants } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { destinationOf, fileFault } from '../../core/destination.ts'
import { isSha256, type Sha256 } from '../../core/digest.ts'
import { quoted } from '../../core/message.ts'
import { PACKAGE_FILE } from '../../core/name.ts'
import { ok, type Result, refuse } from '../../core/result.ts'
import { storeRoot } from '../../core/store.ts'
import { FILE_SYSTEM, isSystemError } from '../../core/system-error.ts'
import { textIfThere } from '../../core/text-if-there.ts'
import type { Reproduced } from '../../helpers/reproduce/record.ts'
import type { Variation } from '../../helpers/reproduce/variation.ts'
import { useStore } from '../../helpers/store/use.ts'
import { command, jobsOption, packagesOption } from '../command.ts'
import { tellDifferences } from '../differences.ts'
import { bringUpToDate } from '../door.ts'
import { findAll } from '../find.ts'
import { complain, print, type Refusal, shown, trouble } from '../output.ts'
import { presentKey } from '../present-key.ts'
import { writeText } from '../text-file.ts'

/** What came of one package that was built twice. */
interface Outcome {
  readonly name: string
  readonly hash: Sha256
  readonly here: Sha256
  readonly there: Sha256
}

export const reproduce = command({
  usage: 'reproduce <packages..>',
  about: 'Build packages once more in another place, in other ways, and compare the bytes',
  details:
    "The packages are built in this tree, if they are not yet, and then in a copy of it: at another path, by another user, on a host of another name, with another umask, locale, time zone, number of cores and jobs, kernel release, file system and clock, as far as this machine allows; what was different is told. Their dependencies that are not named are taken from this tree's store.\nExit status: 0 the bytes are the same, 1 a package differs, 2 misuse or trouble, or what a build said.",
  examples: [
    ['coolports reproduce make', 'the same bytes elsewhere?'],
    ['coolports reproduce -j2 make zlib --record doc/reproducible.rec', 'keep what was found'],
  ],
  options: yargs =>
    jobsOption(packagesOption(yargs))
      .option('record', {
        type: 'string',
        requiresArg: true,
        describe:
          'a recutils file of packages that came out the same: these are put in, or taken out where they differ',
      })
      .option('no-clock', {
        type: 'boolean',
        default: false,
        describe: 'leave the clock alone, for checks that hold times of files against it',
      }),
  run: async args => {
    const names = findAll(args.tree, args.packages)
    if (!names.ok) return complain(names.error)
    const recfile = args.record === undefined ? undefined : resolve(args.record)
    // Before hours of work, and again after them: somebody else may write there meanwhile.
    const before = recfile === undefined ? undefined : await readRecords(recfile)
    if (before?.ok === false) return complain(before.error)
    const jobs = args.jobs ?? availableParallelism()
    const targets = names.value.map(name => `pkg/${name}/.tarhash`)
    const { clockPackage, clockProgram } = await import('../../helpers/reproduce/clock.ts')
    const tool = args['no-clock'] ? undefined : clockPackage(args.tree)
    const built = await bringUpToDate(args.tree, tool ? [...targets, tool] : targets, jobs)
    if (built !== 0) return built

    const { makeElsewhere } = await import('../../helpers/reproduce/elsewhere.ts')
    const hashes: Sha256[] = []
    for (const name of names.value) {
      const key = presentKey(args.tree, name)
      if (!key.ok) return complain(key.error)
      hashes.push(key.value.hash)
    }
    const store = storeRoot(process.env, args.tree)
    const elsewhere = await useStore(store, async use => {
      const clock = tool ? await clockProgram(use, join(args.tree, tool)) : undefined
      return makeElsewhere({ root: args.tree, store, hashes, jobs, clock })
    })
    for (const { what, here, there } of elsewhere.variations)
      process.stderr.write(`${what}: ${shown(here)} here, ${shown(there)} there\n`)
    const interrupted = onSignals(signal => elsewhere.stop(signal))
    const status = await elsewhere.run(targets)
    const signal = interrupted()
    if (signal !== undefined) {
      elsewhere.remove()
      return 128 + constants.signals[signal]
    }
    if (status !== 0) {
      elsewhere.keep()
      return complain(
        trouble({
          cannot: 'build the packages elsewhere',
          why: `the build ended with ${status}`,
          facts: [['folder', elsewhere.root]],
        }),
      )
    }
    const outcomes = names.value.map((name, index) => ({
      name,
      hash: hashes[index] as Sha256,
      here: tarhashIn(args.tree, name),
      there: tarhashIn(elsewhere.root, name),
    }))
    for (const outcome of outcomes) await tell(outcome, args.tree, elsewhere.root, elsewhere.variations)
    const differs = outcomes.some(({ here, there }) => here !== there)
    if (differs) {
      elsewhere.keep()
      print(`the other packages are in ${shown(elsewhere.root)}`)
    } else elsewhere.remove()
    const recorded = recfile === undefined ? 0 : await record(recfile, outcomes, elsewhere.variations)
    return Math.max(Number(differs), recorded)
  },
})

/** Until the answer is asked for, signals do not end this process; it tells the first. */
function onSignals(stop: (signal: NodeJS.Signals) => void): () => NodeJS.Signals | undefined {
  let received: NodeJS.Signals | undefined
  const handler = (signal: NodeJS.Signals): void => {
    received ??= signal
    stop(signal)
  }
  for (const signal of SIGNALS) process.on(signal, handler)
  return () => {
    for (const signal of SIGNALS) process.off(signal, handler)
    return received
  }
}

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const

async function tell(
  { name, here, there }: Outcome,
  root: string,
  elsewhere: string,
  variations: readonly Variation[],
): Promise<void> {
  if (here === there) {
    print(`the same, sha256 ${here}  ${name}`)
    return
  }
  print(`${name} differs: sha256 ${here} here, ${there} there`)
  const file = `pkg/${name}/${PACKAGE_FILE}`
  await tellDifferences(join(root, file), join(elsewhere, file), variations)
}

/** Of packages that came out the same there is a record afterwards, of those that differ there is none. */
async function record(
  file: string,
  outcomes: readonly Outcome[],
  variations: readonly Variation[],
): Promise<number> {
  const before = await readRecords(file)
  if (!before.ok) return complain(before.error)
  const { reproducedText } = await import('../../helpers/reproduce/record.ts')
  const kept = before.value.filter(old => outcomes.every(({ name }) => name !== old.package))
  const varied = variations.map(({ what }) => what)
  const added = outcomes
    .filter(({ here, there }) => here === there)
    .map(({ name, hash, here }) => ({ package: name, pkghash: hash, sha256: here, varied }))
  const written = writeText(file, reproducedText([...kept, ...added]))
  return written.ok ? 0 : complain(written.error)
}

/** The records of a file that is to be written, none where there is no file yet. */
async function readRecords(file: string): Promise<Result<readonly Reproduced[], Refusal>> {
  const { readReproduced } = await import('../../helpers/reproduce/record.ts')
  const bad = (why: string, remedy?: string) =>
    refuse(trouble({ cannot: `record in ${quoted(file)}`, why, ...(remedy ? { remedy } : {}) }))
  try {
    const there = destinationOf(file)
    if (there.kind === 'stream') return ok([])
    const fault = fileFault(there) ?? (existsSync(dirname(file)) ? undefined : 'there is no such folder')
    if (fault !== undefined) return bad(fault)
    const read = readReproduced(textIfThere(file) ?? '')
    if (read.ok) return read
    return bad(`line ${read.error.line} is of no record that this command has written`, 'name another file')
  } catch (error) {
    if (!isSystemError(error)) throw error
    return bad(FILE_SYSTEM[error.code] ?? error.code)
  }
}

function tarhashIn(root: string, name: string): Sha256 {
  const text = readFileSync(join(root, 'pkg', name, '.tarhash'), 'utf8').trim()
  if (!isSha256(text)) throw new Error(`pkg/${name}/.tarhash holds no digest: ${quoted(text)}`)
  return text
}
