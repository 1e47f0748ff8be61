import { join } from 'node:path'
import { PACKAGE_FILE, type PackageName } from '../core/name.ts'
import { type Result, refuse } from '../core/result.ts'
import { type ClosureMember, closureNames, packageClosure } from '../helpers/built/closure.ts'
import { bringUpToDate, runRedo } from './door.ts'
import { findAll } from './find.ts'
import { no, type Refusal } from './output.ts'

/** The packages that words mean and all that they need to run, built as far as they are out of date. */
export async function builtClosure(
  root: string,
  words: readonly string[],
  jobs: number,
): Promise<Result<readonly ClosureMember[], Refusal>> {
  const names = findAll(root, words)
  return names.ok ? builtClosureOf(root, names.value, jobs) : names
}

/** The same of packages whose names are known. The closure of each is there afterwards. */
export async function builtClosureOf(
  root: string,
  names: readonly PackageName[],
  jobs: number,
): Promise<Result<readonly ClosureMember[], Refusal>> {
  const asked = await bringUpToDate(root, targets(names), jobs)
  if (asked !== 0) return refuse(failed(asked))
  const others = new Set<PackageName>()
  for (const name of names) {
    const list = closureNames(root, name)
    if (!list.ok) return refuse(no(list.error))
    for (const one of list.value) if (!names.includes(one)) others.add(one)
  }
  const needed = others.size === 0 ? 0 : await runRedo(root, targets([...others]), jobs)
  if (needed !== 0) return refuse(failed(needed))
  const members = packageClosure(root, names)
  return members.ok ? members : refuse({ status: 1, messages: members.error })
}

const targets = (names: readonly PackageName[]): readonly string[] =>
  names.flatMap(name => ['.closure', PACKAGE_FILE].map(file => join('pkg', name, file)))

/** What went wrong was said by those who built. */
const failed = (status: number): Refusal => ({ status: status === 1 ? 1 : 2, messages: [] })
