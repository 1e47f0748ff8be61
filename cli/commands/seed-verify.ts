import { readFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { join, resolve } from 'node:path'
import type { Sha256 } from '../../core/digest.ts'
import { type Message, quoted } from '../../core/message.ts'
import { PACKAGE_FILE } from '../../core/name.ts'
import { byCodeUnit } from '../../core/order.ts'
import { ok, type Result, refuse } from '../../core/result.ts'
import { shellWord } from '../../core/shell.ts'
import { packagePath, storeRoot } from '../../core/store.ts'
import { command, jobsOption } from '../command.ts'
import { tellDifferences } from '../differences.ts'
import { bringUpToDate, runRedo } from '../door.ts'
import { requireTree } from '../find.ts'
import { complain, print, type Refusal, say, trouble } from '../output.ts'
import { presentKey } from '../present-key.ts'
import { writeText } from '../text-file.ts'

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
    'Takes an hour or two, and begins where it was interrupted. `--from tree` builds all that the seed holds with the seed; `--from host` starts from a compiler of this machine that has never seen the seed, so that three ways that agree leave nothing for a compiler to hide. Package caches are not asked.\nExit status: 0 it is the same, 1 it differs, or a package that it is made of is refused, 2 misuse or trouble, or what a build said.',
  examples: [
    ['coolports seed-verify', 'does the seed make itself?'],
    ['coolports seed-verify --from host --cc clang', 'and does an unrelated compiler make it?'],
  ],
  options: yargs =>
    jobsOption(yargs)
      .option('from', {
        choices: ['tree', 'host'] as const,
        default: 'tree' as const,
        requiresArg: true,
        describe: 'what it is made from',
      })
      .option('cc', {
        choices: ['gcc', 'clang'] as const,
        defaultDescription: 'gcc',
        requiresArg: true,
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
    const { findProgram } = await import('../../core/missing.ts')
    const missing = way.compilers.find(name => findProgram(name, SANDBOX_PATH) === undefined)
    if (missing !== undefined) {
      return complain(
        trouble({
          cannot: `make the seed from this host by ${cc}`,
          why: `${missing} is neither in /bin nor in /usr/bin`,
          remedy: `on Debian: ${way.install}`,
        }),
      )
    }
    const jobs = args.jobs ?? availableParallelism()
    // What caches have is somebody's word about a build; what is asked for here is the build.
    for (const caches of ['PKG_CACHE_URL', 'PACKAGE_CACHE_URL', 'PKG_FORCE_BINARY'])
      delete process.env[caches]
    // Each by itself: a package that the store has is taken from there without those that it was made of.
    const graph = await buildGraph(args.tree, ['seed', way.package])
    if (typeof graph === 'number') return graph
    const parts: Part[] = []
    const tiers = tiersOf(graph)
    for (const [index, names] of tiers.entries()) {
      say(`step ${index + 1} of ${tiers.length}: ${names.join(', ')}`)
      const files = names.map(name => `pkg/${name}/${PACKAGE_FILE}`)
      const built = await runRedo(args.tree, files, jobs)
      if (built !== 0) return built
      const verified = await verifyParts(args.tree, names)
      if (!verified.ok) return complain(verified.error)
      parts.push(...verified.value)
    }
    parts.sort((a, b) => byCodeUnit(a.name, b.name))
    const [pinned, made] = ['seed', way.package].map(name => parts.find(part => part.name === name))
    if (!pinned || !made) throw new Error('the seed was not among the packages that were verified')
    let noted = 0
    if (args.statement !== undefined) {
      const { statementText } = await import('../../helpers/reproduce/statement.ts')
      const compilers = way.compilers.map(name => findProgram(name, SANDBOX_PATH) ?? name)
      const text = statementText({
        from: way.package,
        compilers,
        parts,
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
    const fileOf = (name: string): string => join(args.tree, 'pkg', name, PACKAGE_FILE)
    await tellDifferences(fileOf('seed'), fileOf(way.package))
    return Math.max(1, noted)
  },
})

/** Of a sandbox: a compiler of another folder takes no part, though it come first on PATH. */
const SANDBOX_PATH = '/bin:/usr/bin'

/** A package that went into the seed. */
interface Part {
  readonly name: string
  readonly hash: Sha256
  /** Of its tar. */
  readonly sha256: Sha256
}

/**
 * Reads packages to their ends before anything is built on them. Those that are damaged, or that these rules did not
 * build here, are refused by their names: nothing that was made of them would prove a thing.
 */
async function verifyParts(
  root: string,
  names: readonly string[],
): Promise<Result<readonly Part[], Refusal>> {
  const [{ verifyPackage }, { tarMessage }, { readBuilt }, { identityAt }] = await Promise.all([
    import('../../helpers/tar/verify.ts'),
    import('../../helpers/tar/problem.ts'),
    import('../../helpers/store/built.ts'),
    import('../../helpers/tar/identity.ts'),
  ])
  const store = storeRoot(process.env, root)
  const parts: Part[] = []
  const messages: Message[] = []
  for (const name of names) {
    const path = `pkg/${name}/${PACKAGE_FILE}`
    const key = presentKey(root, name)
    if (!key.ok) return key
    const { hash } = key.value
    const verified = await verifyPackage(join(root, path))
    const built = readBuilt(store, hash)
    if (verified.ok && verified.value === built) {
      parts.push({ name, hash, sha256: built })
      continue
    }
    // The store's is good where it is the one that was built here, and another stands in its place in the tree.
    const kept = packagePath(store, hash)
    const bad = verified.ok && built !== undefined && identityAt(kept) === built ? [path] : [path, kept]
    messages.push({
      ...(verified.ok
        ? { cannot: `trust ${path}`, why: 'the rules of this tree did not build it here' }
        : tarMessage('verify', quoted(path), verified.error)),
      remedy: `rm -f ${bad.map(shellWord).join(' ')} has it built again`,
    })
  }
  return messages.length === 0 ? ok(parts) : refuse({ status: 1, messages })
}

/** By the name of a package, those that its build sees. */
type BuildGraph = ReadonlyMap<string, readonly string[]>

/**
 * All packages that take part in building some, themselves among them. Their lists are brought up to date on the way;
 * a number is the exit status of a redo that failed.
 */
async function buildGraph(root: string, targets: readonly string[]): Promise<BuildGraph | number> {
  const graph = new Map<string, readonly string[]>()
  for (let fresh = targets; fresh.length > 0; ) {
    const status = await bringUpToDate(
      root,
      fresh.map(name => `pkg/${name}/.bclosure`),
    )
    if (status !== 0) return status
    for (const name of fresh) graph.set(name, namesIn(join(root, 'pkg', name, '.bclosure')))
    fresh = [...new Set([...graph.values()].flat())].filter(name => !graph.has(name))
  }
  return graph
}

const namesIn = (list: string): readonly string[] =>
  readFileSync(list, 'utf8')
    .split('\n')
    .flatMap(file => /^\.\.\/([^/]+)\/\.pkg\.tar\.gz$/.exec(file)?.[1] ?? [])

/** The packages in the order of their builds: those of one step need only such as are of an earlier one. */
function tiersOf(graph: BuildGraph): readonly (readonly string[])[] {
  const tiers: (readonly string[])[] = []
  const built = new Set<string>()
  while (built.size < graph.size) {
    const ready = [...graph].filter(([name, needs]) => !built.has(name) && needs.every(one => built.has(one)))
    if (ready.length === 0) throw new Error('packages need each other to be built')
    const tier = ready.map(([name]) => name).sort()
    for (const name of tier) built.add(name)
    tiers.push(tier)
  }
  return tiers
}
