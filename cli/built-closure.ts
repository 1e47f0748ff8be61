import type { PackageName } from '../core/name.ts'
import { type Result, refuse } from '../core/result.ts'
import { type ClosureMember, packageClosure } from '../helpers/built/closure.ts'
import { bringPackages } from './bring-packages.ts'
import { findAll } from './find.ts'
import type { Refusal } from './output.ts'

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
  const built = await bringPackages(root, names, jobs)
  // What went wrong was said by those who built.
  if (built !== 0) return refuse({ status: built, messages: [] })
  const members = packageClosure(root, names)
  return members.ok ? members : refuse({ status: 1, messages: members.error })
}
