import { mkdirSync, mkdtempSync, readdirSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { sha256 } from '../../../core/digest.ts'
import { makeKey } from '../../../helpers/cache/minisign.ts'
import { closePlaces } from '../../../helpers/cache/open-places.ts'
import { reuse } from '../../../helpers/cache/reuse.ts'
import { writeTrust } from '../../../helpers/cache/trust.ts'
import { serve } from '../fetch/support.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'reuse-'))
  writeTrust(join(folder, 'trust'), [{ key: makeKey().key.public }])
})
afterEach(async () => {
  await closePlaces()
  rmSync(folder, { recursive: true })
})

/** Asks for a package as a rule does; answers with the exit status and what was said. */
async function ask(name: string, env: Readonly<Record<string, string>>) {
  const text = `coolports-pkgkey 1\nname ${name}\nversion 1\nrelease 1\n`
  writeFileSync(join(folder, '.pkgkey'), text)
  writeFileSync(join(folder, '.pkghash'), `${sha256(text)}\n`)
  let said = ''
  const all = {
    COOLPORTS_STORE: join(folder, 'store'),
    COOLPORTS_TRUST: join(folder, 'trust'),
    http_proxy: '',
  }
  const words = [join(folder, '.pkghash'), join(folder, 'out')]
  const status = await reuse(words, { ...all, ...env }, part => {
    said += part
  })
  return { status, said }
}

const failing = () => serve((_, response) => response.writeHead(500).end())

describe('a cache that failed', () => {
  test('is not asked again in the run, by no process of it, and said once', async () => {
    const { url, asked } = await failing()
    const run = join(folder, 'run')
    mkdirSync(run)
    writeFileSync(join(run, 'ask'), '')
    const env = { PKG_CACHE_URL: url, REDO_RUN: run }
    const first = await ask('one', env)
    expect(first).toEqual({ status: 1, said: expect.stringContaining('it gave HTTP 500') })
    const count = asked.length
    expect(await ask('two', env)).toEqual({ status: 1, said: '' })
    expect(asked.length).toBe(count)
    // The refusal still says what it said.
    const { said } = await ask('three', { ...env, PKG_FORCE_BINARY: 'yes' })
    expect(said).toContain('HTTP 500, earlier in this run')
    // Another run asks.
    mkdirSync(join(folder, 'other'))
    writeFileSync(join(folder, 'other/ask'), '')
    await ask('four', { ...env, REDO_RUN: join(folder, 'other') })
    expect(asked.length).toBeGreaterThan(count)
  })

  test('is left alone for a while where there is no run of ours, and then asked again', async () => {
    const { url, asked } = await failing()
    const env = { PKG_CACHE_URL: url, REDO_RUN: '' }
    await ask('one', env)
    const count = asked.length
    await ask('two', env)
    expect(asked.length).toBe(count)
    for (const note of readdirSync(join(folder, 'store/caches')))
      utimesSync(join(folder, 'store/caches', note), 1, 1)
    await ask('three', env)
    expect(asked.length).toBeGreaterThan(count)
  })
})

test('a cache that has nothing is asked for the next package', async () => {
  const { url, asked } = await serve((_, response) => response.writeHead(404).end())
  const env = { PKG_CACHE_URL: url }
  expect(await ask('one', env)).toEqual({ status: 1, said: '' })
  const count = asked.length
  await ask('two', env)
  expect(asked.length).toBe(2 * count)
})

test.each([
  ['the hash of another key', 'x'],
  ['no hash', ''],
])('%s is no question', async (_, hash) => {
  writeFileSync(join(folder, '.pkgkey'), 'name x\n')
  writeFileSync(join(folder, '.pkghash'), hash === '' ? '' : sha256(hash))
  let said = ''
  const status = await reuse([join(folder, '.pkghash'), 'out'], { PKG_CACHE_URL: folder }, part => {
    said += part
  })
  expect(status).toBe(2)
  expect(said).toContain('it is not the sha256 of the key beside it')
})
