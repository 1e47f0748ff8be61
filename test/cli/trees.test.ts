import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test, vi } from 'vitest'
import { storeRoot } from '../../core/store.ts'
import { lockStore } from '../../helpers/store/lock.ts'
import { mustRun, smallTree } from '../support/small-tree.ts'
import { manifest } from '../support/tree.ts'
import { coolports } from './support.ts'

const OUT = join(tmpdir(), `coolports-trees-${process.pid}`)

test.each([
  ['install', ['install', '--root', OUT, 'hello']],
  ['venv', ['venv', '-o', OUT, 'hello']],
  ['export tar', ['export', 'tar', 'hello', '-o', `${OUT}.tar`]],
  ['sbom', ['sbom', '--format', 'spdx', 'hello']],
])('%s reads trees that no gc takes out of the store meanwhile', async (_, words) => {
  onTestFinished(() => {
    for (const path of [OUT, `${OUT}.tar`]) rmSync(path, { recursive: true, force: true })
  })
  const tree = smallTree({
    hello: manifest({
      buildDeps: "['seed']",
      runDeps: "['seed']",
      build: 'sh`echo hello >"$DESTDIR/hello"`',
    }),
  })
  mustRun(tree, ['bin/do', ...['hello', 'seed'].map(name => `pkg/${name}/.pkg.tar.gz`)])
  const store = storeRoot(process.env, tree.root)
  // The lock of a gc that is at work: who needs trees says so, and waits for it before anything is read.
  const lock = await lockStore(store)
  for (const name of readdirSync(join(store, 'trees')))
    rmSync(join(store, 'trees', name), { recursive: true })
  const done = coolports(tree, ...words)
  const trees = () =>
    readdirSync(join(store, 'uses'))
      .filter(name => name.startsWith(`${process.pid}.`))
      .flatMap(name => readFileSync(join(store, 'uses', name), 'utf8').match(/^trees /gm) ?? [])
  await vi.waitFor(() => expect(trees().length).toBe(2), { timeout: 60_000, interval: 50 })
  expect(readdirSync(join(store, 'trees'))).toEqual([])
  expect(['', '.tar'].filter(ending => existsSync(`${OUT}${ending}`))).toEqual([])
  lock.release()
  expect(await done).toMatchObject({ status: 0 })
})
