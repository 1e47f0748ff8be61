import { join } from 'node:path'
import { PACKAGE_FILE, type PackageName } from '../core/name.ts'
import { type Result, refuse } from '../core/result.ts'
import { type ClosureMember, closureNames, packageClosure } from '../helpers/export/closure.ts'
import { bringUpToDate, runRedo } from './door.ts'
import { findAll } from './find.ts'
import { no, type Refusal } from './say.ts'

/** The packages that words mean and all that they need to run, built as far as they are out of date. */
export async function builtClosure(
  root: string,
  words: readonly string[],
  jobs: number,
): Promise<Result<readonly ClosureMember[], Refusal>> {
  const names = findAll(root, words)
  if (!names.ok) return names
  const asked = await bringUpToDate(
    root,
    names.value.flatMap(name => [target(name, '.closure'), target(name, PACKAGE_FILE)]),
    jobs,
  )
  if (asked !== 0) return refuse(failed(asked))
  const others = new Set<PackageName>()
  for (const name of names.value) {
    const list = closureNames(root, name)
    if (!list.ok) return refuse(no(list.error))
    for (const one of list.value) if (!names.value.includes(one)) others.add(one)
  }
  const needed =
    others.size === 0
      ? 0
      : await runRedo(
          root,
          [...others].map(name => target(name, PACKAGE_FILE)),
          jobs,
        )
  if (needed !== 0) return refuse(failed(needed))
  const members = packageClosure(root, names.value)
  return members.ok ? members : refuse({ status: 1, messages: members.error })
}

const target = (name: PackageName, file: string): string => join('pkg', name, file)

/** What went wrong was said by those who built. */
const failed = (status: number): Refusal => ({ status: status === 1 ? 1 : 2, messages: [] })
