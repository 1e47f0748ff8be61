import { expect, test } from 'vitest'
import { nearestPackage } from '../../generator/nearest-package.ts'

test('thousands of packages that need one that is gone are told the nearest name', () => {
  const known = new Set(Array.from({ length: 20_000 }, (_, index) => `package-${index}`))
  // Looked for anew each time this takes minutes.
  for (let asked = 0; asked < 5_000; asked += 1) expect(nearestPackage('pakcage-7', known)).toBe('package-7')
  expect(nearestPackage('pakcage-7', new Set(['pakage-7']))).toBe('pakage-7')
  expect(nearestPackage('gcc', known)).toBe(undefined)
})
