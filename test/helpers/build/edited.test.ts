import { existsSync, readdirSync, writeFileSync } from 'node:fs'
import { expect, test, vi } from 'vitest'
import { sha256 } from '../../../core/digest.ts'
import { build } from '../../../helpers/build/build.ts'
import type { closureTrees } from '../../../helpers/build/closure.ts'
import { keyFileText, pkgKeyText } from '../../support/pkgkey.ts'
import { folder } from '../tar/folder.ts'

/** What somebody does while packages are unpacked for the root of a build. */
const meanwhile = vi.hoisted(() => ({ happens: () => {} }))
vi.mock('../../../helpers/build/closure.ts', async original => {
  const real = await original<typeof import('../../../helpers/build/closure.ts')>()
  const trees: typeof closureTrees = (...words) => {
    meanwhile.happens()
    return real.closureTrees(...words)
  }
  return { ...real, closureTrees: trees }
})
vi.mock('../../../helpers/sandbox/sandbox.ts', () => ({
  runSandbox: () => {
    throw new Error('the build was begun')
  },
}))

test('a file that is edited when its digest was compared does not reach the build', async () => {
  const key = pkgKeyText({ files: [{ mode: '644', sha256: sha256('old'), path: 'config' }] })
  const place = folder({ '.bclosure': '', '.pkghash': keyFileText(key), 'files/config': 'old' })
  const before = process.cwd()
  process.chdir(place)
  try {
    const inputs = {
      closures: ['.bclosure'],
      host: [],
      files: 'files',
      key: '.pkghash',
      out: 'out',
      verbose: false,
    }
    const run = () => build({ kind: 'build', label: 'x-1-1', ...inputs }, folder(), 'true\n', () => {})
    await expect(run()).rejects.toThrow('the build was begun')
    meanwhile.happens = () => writeFileSync('files/config', 'new')
    const [unkeyed, unshown] = ['new', 'old'].map(text => [`file 644 ${sha256(text)} config`])
    expect(await run()).toMatchObject({ ok: false, error: [{ kind: 'not keyed', unkeyed, unshown }] })
    expect(existsSync('out')).toBe(false)
    expect(readdirSync('.').sort()).toEqual(['.bclosure', '.pkghash', 'files'])
  } finally {
    process.chdir(before)
  }
})
