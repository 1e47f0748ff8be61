import { nearest } from './nearest.ts'

/**
 * The package whose name is nearest to a word that names none. Each word is looked for once: when a package
 * goes, thousands that need it may ask for the same one.
 */
export function nearestPackage(word: string, known: ReadonlySet<string>): string | undefined {
  const answers = answered.get(known) ?? new Map<string, string | undefined>()
  answered.set(known, answers)
  if (!answers.has(word)) answers.set(word, nearest(word, [...known]))
  return answers.get(word)
}

/** By the packages of a tree, which are a set of their own in each run. */
const answered = new WeakMap<ReadonlySet<string>, Map<string, string | undefined>>()
