import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { type Result, refuse } from '../core/result.ts'
import type { Done, Earlier, Wanted } from '../helpers/install/change.ts'
import { DATABASE } from '../helpers/install/layout.ts'
import type { InstallProblem } from '../helpers/install/problem.ts'
import { complain, say, shown } from './output.ts'

/** Changes a root, or makes its next generation where it has such, or is to have. */
export async function changePackages(
  root: string,
  wanted: Wanted,
  generations = false,
): Promise<Result<Done & { readonly generation?: number }, readonly InstallProblem[]>> {
  const [{ changeRoot }, { changeGeneration }, { hasGenerations }] = await Promise.all([
    import('../helpers/install/change.ts'),
    import('../helpers/install/generations.ts'),
    import('../helpers/install/current.ts'),
  ])
  if (hasGenerations(root)) return changeGeneration(root, wanted)
  if (!generations) return changeRoot(root, wanted, tellEarlier)
  return existsSync(join(root, DATABASE))
    ? refuse([{ kind: 'plain root', root }])
    : changeGeneration(root, wanted)
}

const tellEarlier = (earlier: Earlier): void => say(`an earlier change was cut short, and is ${earlier} now`)

/** Says on stderr what was done. */
export function tellChange({ came, went, kept, generation }: Done & { readonly generation?: number }): void {
  for (const label of came) say(`installed ${label}`)
  for (const label of went) say(`removed ${label}`)
  if (generation !== undefined) say(`generation ${generation} is current`)
  for (const { path, beside, isBesideEdited } of kept) {
    const where =
      beside === undefined
        ? ''
        : isBesideEdited
          ? `; so was ${shown(beside)}, which is kept, too: the package's own one is not written`
          : `; the package's own is ${shown(beside)}`
    say(`kept ${shown(path)}, which was edited${where}`)
  }
}

/** Says why a root is not changed, or not read; answers the exit status. `action` is what was tried: install, read. */
export async function complainOfRoot(action: string, problems: readonly InstallProblem[]): Promise<number> {
  const { installMessage, installStatus } = await import('../helpers/install/problem.ts')
  return complain({
    status: problems.some(problem => installStatus(problem) === 2) ? 2 : 1,
    messages: problems.map(problem => installMessage(action, problem)),
  })
}

/** The package of a root that a word means: `pkg/make` is make here, too; but the tree need not have it any longer. */
export const nameIn = (word: string): string => word.replace(/\/+$/, '').split('/').at(-1) ?? ''
