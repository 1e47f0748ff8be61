import { readFileSync, realpathSync } from 'node:fs'
import { join } from 'node:path'
import { sha256 } from '../core/digest.ts'
import { PACKAGE_FILE, type PackageName } from '../core/name.ts'
import { treeRoot } from '../core/store.ts'
import { generate } from '../generator/generate.ts'
import { closureNames } from '../helpers/built/closure.ts'
import { isPending } from '../redo/pending.ts'

/**
 * Has some packages and all that they need to run built. Answers the exit status, not 0 where something failed,
 * which said why. Where there is nothing to do, no process is started: to start a node twice would take longer
 * than to make a venv.
 */
export async function bringPackages(
  root: string,
  packages: readonly PackageName[],
  jobs: number,
): Promise<number> {
  const emitted = await emit(root)
  if (emitted > 1) return emitted
  // What a package needs is known when its closure is; most often that is an old one which still holds.
  let names = knownClosure(root, packages)
  for (;;) {
    const targets = [
      ...packages.map(name => `pkg/${name}/.closure`),
      ...names.map(name => `pkg/${name}/${PACKAGE_FILE}`),
    ]
    const built = isUpToDate(root, targets) ? 0 : await (await door()).runRedo(root, targets, jobs)
    if (built !== 0) return built
    const needed = knownClosure(root, packages)
    if (needed.every(name => names.includes(name))) return 0
    names = needed
  }
}

const door = () => import('./door.ts')

/** Emits what changed, as coolports-gen does; what is wrong is left for that to tell. */
async function emit(root: string): Promise<number> {
  try {
    const program = sha256(readFileSync(join(treeRoot(), 'dist/gen.js')))
    const { problems } = await generate({ root, check: false, program })
    if (problems.length === 0) return 0
  } catch {
    // The same will come of it there.
  }
  return (await door()).runGenerator(root)
}

/** The packages that some need to run, as far as their closures are there, and can be read. */
const knownClosure = (root: string, packages: readonly PackageName[]): readonly PackageName[] => [
  ...new Set(
    packages.flatMap(name => {
      const list = closureNames(root, name)
      return list.ok ? list.value : [name]
    }),
  ),
]

function isUpToDate(root: string, targets: readonly string[]): boolean {
  const top = realpathSync(root)
  const here = process.cwd()
  process.chdir(top)
  try {
    return !isPending(top, targets)
  } finally {
    process.chdir(here)
  }
}
