import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test, vi } from 'vitest'
import { sha256 } from '../../../core/digest.ts'
import { build } from '../../../helpers/build/build.ts'
import type { findContent } from '../../../helpers/store/content.ts'
import { identityAt } from '../../../helpers/tar/identity.ts'
import { keyFileText, pkgKeyText, runDep } from '../../support/pkgkey.ts'
import { folder } from '../tar/folder.ts'

/** Whether a gc takes what is found, as soon as it is found. */
const gc = vi.hoisted(() => ({ isNear: false }))
vi.mock('../../../helpers/store/content.ts', async original => {
  const real = await original<typeof import('../../../helpers/store/content.ts')>()
  const find: typeof findContent = (store, text) => {
    const same = real.findContent(store, text)
    if (same && gc.isNear) rmSync(same.path)
    return same
  }
  return { ...real, findContent: find }
})
vi.mock('../../../helpers/sandbox/sandbox.ts', () => ({
  runSandbox: async (work: string) => {
    writeFileSync(join(work, 'destdir/file'), 'built')
    writeFileSync(join(work, 'log'), '')
    return { kind: 'exited', status: 0 }
  },
}))

/** Builds a package that has a key of its own by a dependency alone, whose hash is none of its content. */
async function built(store: string, name: string): Promise<readonly string[]> {
  const place = folder({
    '.bclosure': '',
    '.pkghash': keyFileText(pkgKeyText({ runDeps: [runDep('x', sha256(name))] })),
  })
  const said: string[] = []
  const before = process.cwd()
  process.chdir(place)
  try {
    const inputs = {
      label: name,
      closures: ['.bclosure'],
      host: [],
      key: '.pkghash',
      out: 'out',
      verbose: false,
    }
    const done = await build({ kind: 'build', ...inputs }, store, 'true', line => said.push(line))
    expect(done.ok).toBe(true)
    expect(identityAt('out')).toMatch(/^[0-9a-f]{64}$/)
    return said
  } finally {
    process.chdir(before)
  }
}

test('a package of the same content is taken, and built where a gc takes it at that moment', async () => {
  const store = folder()
  expect((await built(store, '1')).at(-1)).toContain('built 1')
  expect((await built(store, '2')).at(-1)).toContain('2: same inputs as')
  gc.isNear = true
  expect((await built(store, '3')).at(-1)).toContain('built 3')
})
