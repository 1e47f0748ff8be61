import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { mustRun, run, smallTree } from '../support/small-tree.ts'
import { manifest, type Tree } from '../support/tree.ts'

const upper = (runDeps: string) =>
  manifest({ buildDeps: "['seed']", runDeps, build: 'sh`echo upper >"$DESTDIR/upper"`' })

const treeOfTwo = (): Tree =>
  smallTree({
    lower: manifest({ buildDeps: "['seed']", build: 'sh`echo lower >"$DESTDIR/lower"`' }),
    upper: upper("['lower']"),
  })

const asksFor = (tree: Tree): readonly (readonly string[])[] => [
  ['sbom', '--format', 'spdx', 'upper'],
  ['export', 'tar', '-o', join(tree.root, 'out.tar'), 'upper'],
  ['venv', '-o', join(tree.root, 'venv'), 'upper'],
]

test('what asks for built packages starts no process where all are up to date', () => {
  const tree = treeOfTwo()
  const coolports = join(tree.root, 'dist/coolports.js')
  mustRun(tree, ['bin/coolports', '-C', tree.root, 'sbom', '--format', 'spdx', 'upper'])
  for (const words of asksFor(tree)) {
    const ran = run(tree, [process.execPath, coolports, '-C', tree.root, ...words], { PATH: '/nowhere' })
    expect(ran.status, ran.said).toBe(0)
  }
  tree.write('pkg/lower/package.ts', manifest({ buildDeps: "['seed']", release: '2' }))
  const ran = run(tree, [process.execPath, coolports, '-C', tree.root, 'sbom', '--format', 'spdx', 'upper'], {
    PATH: '/nowhere',
  })
  expect(ran.status, ran.said).not.toBe(0)
})

test('what a package needed once, and which is gone, is not asked for', () => {
  const tree = treeOfTwo()
  const all = asksFor(tree)
  mustRun(tree, ['bin/coolports', '-C', tree.root, ...(all[0] ?? [])])
  tree.write('pkg/upper/package.ts', upper('[]'))
  rmSync(join(tree.root, 'pkg/lower'), { recursive: true })
  for (const words of all.toReversed()) mustRun(tree, ['bin/coolports', '-C', tree.root, ...words])
})
