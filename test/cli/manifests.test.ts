import { expect, test } from 'vitest'
import { closureOf } from '../../cli/manifests.ts'
import type { Package } from '../../generator/package.ts'

/** Dependencies by name, as letters. */
const tree = (runDeps: Readonly<Record<string, string>>) => ({
  packages: new Map(
    Object.entries(runDeps).map(([name, deps]) => [name, { name, runDeps: [...deps] } as unknown as Package]),
  ),
  problems: [],
})

test.each([
  ['itself first, each dependency with all that it leads to', { a: 'bc', b: 'd', c: '', d: '' }, 'abdc'],
  ['each once, where it is met first', { a: 'bc', b: 'c', c: 'd', d: '' }, 'abcd'],
  ['a circle ends', { a: 'b', b: 'a' }, 'ab'],
])('closureOf(): %s', (_, runDeps, order) => {
  expect(closureOf(tree(runDeps), ['a'], pkg => pkg.runDeps)).toEqual({ ok: true, value: [...order] })
})

test('closureOf() goes through ten thousand packages in a row', () => {
  const row = new Map(
    Array.from({ length: 10_000 }, (_, at) => {
      const runDeps = at < 9_999 ? [String(at + 1)] : []
      return [String(at), { name: String(at), runDeps } as unknown as Package] as const
    }),
  )
  const walked = closureOf({ packages: row, problems: [] }, ['0'], pkg => pkg.runDeps)
  expect(walked.ok && walked.value.length).toBe(10_000)
})
