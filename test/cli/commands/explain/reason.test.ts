import { expect, test } from 'vitest'
import { reason } from '../../../../cli/commands/explain/reason.ts'
import { type Sha256, sha256 } from '../../../../core/digest.ts'

test('a changed dependency is followed down a chain of any length, and told once', () => {
  const byHash = new Map<Sha256, string>()
  const now = new Map<string, string>()
  let [before, after] = ['release 1\n', 'release 2\n']
  for (let at = 0; at < 5_000; at += 1) {
    const name = `package-${at}`
    byHash.set(sha256(before), before)
    now.set(name, after)
    const above = (hash: Sha256) =>
      `name package-${at + 1}\nrun-dep ${name} ${hash}\nbuild-dep ${name} ${hash}\n`
    ;[before, after] = [above(sha256(before)), above(sha256(after))]
  }
  let found = reason('package-5000', before, after, {
    byHash: hash => byHash.get(hash),
    present: name => now.get(name),
  })
  for (let steps = 0; steps < 5_000; steps += 1) {
    expect(found).toMatchObject({ changes: [], dependencies: [{ name: `package-${4_999 - steps}` }] })
    found = found.dependencies[0]?.reason ?? found
  }
  expect(found.changes).toEqual([
    { sign: '-', line: 'release 1' },
    { sign: '+', line: 'release 2' },
  ])
})

test('of two ways to a changed dependency the first tells why', () => {
  const keys = new Map<Sha256, string>()
  const now = new Map<string, string>()
  const key = (name: string, version: number, needs: readonly string[] = []): string => {
    const text = [`name ${name}`, ...(needs.length === 0 ? [`version ${version}`] : needs), ''].join('\n')
    keys.set(sha256(text), text)
    now.set(name, text)
    return text
  }
  const top = (version: number): string => {
    const low = sha256(key('low', version))
    const high = sha256(key('high', version, [`run-dep low ${low}`]))
    return key('top', version, [`build-dep high ${high}`, `build-dep low ${low}`])
  }
  const [before, after] = [top(1), top(2)]
  const found = reason('top', before, after, {
    byHash: hash => keys.get(hash),
    present: name => now.get(name),
  })
  expect(found.dependencies).toMatchObject([
    { name: 'high', reason: { dependencies: [{ name: 'low', reason: { name: 'low', dependencies: [] } }] } },
    { name: 'low', reason: null },
  ])
})
