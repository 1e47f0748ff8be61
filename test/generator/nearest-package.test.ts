import { expect, test } from 'vitest'
import { nearestPackage } from '../../generator/nearest-package.ts'

test('thousands of packages that need one that is gone are told at once that no name is near', () => {
  const known = new Set(Array.from({ length: 20_000 }, (_, index) => `package-${index}`))
  // Looked for anew each time this takes minutes.
  for (let asked = 0; asked < 5_000; asked += 1) expect(nearestPackage('compiler-gnu', known)).toBe(undefined)
})

test('each set of packages has a nearest name of its own', () => {
  for (const name of ['package-1', 'package-2'])
    expect(nearestPackage('pakcage-7', new Set([name]))).toBe(name)
})
