import { spawnSync } from 'node:child_process'
import { constants } from 'node:os'
import { join } from 'node:path'
import { PACKAGE_FILE } from '../../core/name.ts'
import { closureNames } from './member.ts'

/**
 * Has some packages and all that they need to run built, by the doors of the tree. Answers the names of
 * all, or the exit status of what failed, which said why.
 */
export function bringUpToDate(
  root: string,
  packages: readonly string[],
  jobs: number,
): readonly string[] | number {
  const emitted = run(root, ['bin/coolports-gen'])
  if (emitted !== 0) return emitted
  // What a package needs is known when its closure is; most often that is an old one which still holds.
  let names = closureNames(root, packages) ?? packages
  for (;;) {
    const targets = [
      ...packages.map(name => `pkg/${name}/.closure`),
      ...names.map(name => `pkg/${name}/${PACKAGE_FILE}`),
    ]
    const built = run(root, ['bin/do', `-j${jobs}`, ...new Set(targets)])
    if (built !== 0) return built
    const needed = closureNames(root, packages) ?? []
    const known = new Set(names)
    if (needed.every(name => known.has(name))) return needed
    names = needed
  }
}

/** Its output is not ours: all of it goes to stderr. */
function run(root: string, [program = '', ...words]: readonly string[]): number {
  const { status, signal } = spawnSync(join(root, program), words, { cwd: root, stdio: ['ignore', 2, 2] })
  return status ?? 128 + (signal === null ? 0 : constants.signals[signal])
}
