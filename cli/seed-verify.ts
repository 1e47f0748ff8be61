import { readFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { join, resolve } from 'node:path'
import type { Sha256 } from '../core/digest.ts'
import { quoted } from '../core/message.ts'
import { PACKAGE_FILE } from '../core/name.ts'
import { ok, type Result, refuse } from '../core/result.ts'
import { storeRoot } from '../core/store.ts'
import { command, jobsOption } from './command.ts'
import { bringUpToDate } from './door.ts'
import { requireTree } from './find.ts'
import { complain, no, print, type Refusal, shown, trouble } from './say.ts'
import { writeText } from './text-file.ts'

/** The ways to make the seed anew: from what, by which program of the host, as which package. */
const WAYS = {
  tree: { package: 'seed-from-tree', compilers: [], install: '' },
  gcc: { package: 'seed-from-host', compilers: ['gcc', 'g++'], install: 'apt-get install gcc g++' },
  clang: {
    package: 'seed-from-host-by-clang',
    compilers: ['clang-14', 'clang++-14'],
    install: 'apt-get install clang-14 g++',
  },
} as const

export const seedVerify = command({
  usage: 'seed-verify',
  about: 'Make the seed anew, from this tree or by a compiler of the host, and compare the bytes',
  details:
    'Takes an hour or two, and begins where it was interrupted. `--from tree` builds all that the seed holds with the seed; `--from host` starts from a compiler of this machine that has never seen the seed, so that three ways that agree leave nothing for a compiler to hide.\nExit status: 0 it is the same, 1 it differs, 2 misuse or trouble, or what a build said.',
  examples: [
    ['coolports seed-verify', 'does the seed make itself?'],
    ['coolports seed-verify --from host --cc clang', 'and does an unrelated compiler make it?'],
  ],
  options: yargs =>
    jobsOption(yargs)
      .option('from', {
        choices: ['tree', 'host'] as const,
        default: 'tree' as const,
        describe: 'what it is made from',
      })
      .option('cc', {
        choices: ['gcc', 'clang'] as const,
        defaultDescription: 'gcc',
        describe: "the host's compiler, for --from host",
      })
      .check(({ from, cc }) => {
        if (cc === undefined || from === 'host') return true
        throw new Error('--cc is for --from host')
      })
      .option('statement', {
        type: 'string',
        requiresArg: true,
        describe: 'a file for a statement of what was made from what',
      }),
  run: async args => {
    const tree = requireTree(args.tree)
    if (!tree.ok) return complain(tree.error)
    const { cc = 'gcc' } = args
    const way = WAYS[args.from === 'tree' ? 'tree' : cc]
    const { findProgram } = await import('../helpers/build/missing.ts')
    const missing = way.compilers.find(compiler => findProgram(compiler) === undefined)
    if (missing !== undefined) {
      return complain(
        trouble({
          cannot: `make the seed from this host by ${cc}`,
          why: `${missing} is not on PATH`,
          remedy: `on Debian: ${way.install}`,
        }),
      )
    }
    const jobs = args.jobs ?? availableParallelism()
    // Each by itself: a package that the store has is taken from there without those that it was made of.
    const names = await buildClosure(args.tree, ['seed', way.package])
    if (typeof names === 'number') return names
    const files = names.map(name => `pkg/${name}/${PACKAGE_FILE}`)
    const built = await bringUpToDate(args.tree, files, jobs)
    if (built !== 0) return built

    const parts = await verifyParts(args.tree, names)
    if (!parts.ok) return complain(parts.error)
    const [pinned, made] = ['seed', way.package].map(name => parts.value.find(part => part.name === name))
    if (!pinned || !made) throw new Error('the seed was not among the packages that were verified')
    let noted = 0
    if (args.statement !== undefined) {
      const { statementText } = await import('../helpers/reproduce/statement.ts')
      const compilers = way.compilers.map(name => findProgram(name) ?? name)
      const text = statementText({
        from: way.package,
        compilers,
        parts: parts.value,
        pinned: pinned.sha256,
        made: made.sha256,
      })
      const written = writeText(resolve(args.statement), text)
      // What came of an hour's work is told all the same.
      if (!written.ok) noted = complain(written.error)
    }
    if (made.sha256 === pinned.sha256) {
      print(`the same, sha256 ${made.sha256}`)
      return noted
    }
    print(`it differs: sha256 ${pinned.sha256} is pinned, ${made.sha256} was made`)
    await tellDifferences(args.tree, way.package)
    return Math.max(1, noted)
  },
})

/** A package that went into the seed. */
interface Part {
  readonly name: string
  readonly hash: Sha256
  /** Of its tar. */
  readonly sha256: Sha256
}

/**
 * Reads all packages that were built on the way, to their ends. One that is damaged, or that these
 * rules did not build, is refused by its name: nothing that was made of it would prove a thing.
 */
async function verifyParts(
  root: string,
  names: readonly string[],
): Promise<Result<readonly Part[], Refusal>> {
  const [{ verifyPackage }, { tarMessage }, { findBuilt }] = await Promise.all([
    import('../helpers/tar/verify.ts'),
    import('../helpers/tar/problem.ts'),
    import('./built.ts'),
  ])
  const store = storeRoot(process.env, root)
  const parts: Part[] = []
  for (const name of names) {
    const file = join(root, 'pkg', name, PACKAGE_FILE)
    const hash = readFileSync(join(root, 'pkg', name, '.pkghash'), 'utf8').trim() as Sha256
    const verified = await verifyPackage(file)
    if (!verified.ok)
      return refuse(no(tarMessage('verify', quoted(`pkg/${name}/${PACKAGE_FILE}`), verified.error)))
    const built = findBuilt(file, store, hash)
    if (built.kind !== 'known' || built.hash !== hash) {
      return refuse(
        no({
          cannot: `trust pkg/${name}/${PACKAGE_FILE}`,
          why: 'the rules of this tree did not build it',
          remedy: `rm pkg/${name}/${PACKAGE_FILE} has it built again`,
        }),
      )
    }
    parts.push({ name, hash, sha256: verified.value })
  }
  return ok(parts)
}

/**
 * All packages that take part in building some, themselves among them, by name. Their lists are brought up
 * to date on the way; a number is the exit status of a redo that failed.
 */
async function buildClosure(root: string, targets: readonly string[]): Promise<readonly string[] | number> {
  const seen = new Set<string>()
  for (let fresh = targets; fresh.length > 0; ) {
    for (const name of fresh) seen.add(name)
    const lists = fresh.map(name => `pkg/${name}/.bclosure`)
    const status = await bringUpToDate(root, lists)
    if (status !== 0) return status
    const named = lists
      .flatMap(list => readFileSync(join(root, list), 'utf8').split('\n'))
      .flatMap(file => /^\.\.\/([^/]+)\/\.pkg\.tar\.gz$/.exec(file)?.[1] ?? [])
    fresh = [...new Set(named)].filter(name => !seen.has(name))
  }
  return [...seen].sort()
}

async function tellDifferences(root: string, name: string): Promise<void> {
  const [{ comparePackages }, { differenceLines }] = await Promise.all([
    import('../helpers/reproduce/compare.ts'),
    import('../helpers/reproduce/difference.ts'),
  ])
  const [pinned, made] = ['seed', name].map(one => join(root, 'pkg', one, PACKAGE_FILE))
  for await (const difference of comparePackages(pinned ?? '', made ?? '', []))
    for (const line of differenceLines(difference)) print(`  ${shown(line)}`)
}
