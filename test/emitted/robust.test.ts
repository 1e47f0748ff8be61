import { spawn } from 'node:child_process'
import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { mustRun, run, smallTree } from '../support/small-tree.ts'
import { manifest, type Tree } from '../support/tree.ts'

const slow = manifest({
  buildDeps: "['seed']",
  build: 'sh`echo begun; sleep 2; echo done >"$DESTDIR/file"`',
  test: 'sh`read -r word </file; test "$word" = done`',
  strip: "'none'",
})

async function slowTree(): Promise<Tree> {
  const tree = smallTree({ slow })
  expect((await tree.generate()).problems).toEqual([])
  mustRun(tree, ['bin/do', 'pkg/seed/.pkg.tar.gz'])
  return tree
}

const start = (tree: Tree) =>
  spawn('bin/do', ['pkg/slow/.test'], {
    cwd: tree.root,
    detached: true,
    stdio: 'ignore',
    env: { ...process.env, COOLPORTS_STORE: join(tree.root, '.store') },
  })

const leftOver = (tree: Tree): readonly string[] =>
  readdirSync(join(tree.root, 'pkg/slow')).filter(name => /^\.build|\.tmp$|\.part$/.test(name))

test('two builds at once in one tree do not harm each other', async () => {
  const tree = await slowTree()
  const both = [start(tree), start(tree)].map(child => new Promise(resolve => child.on('exit', resolve)))
  expect(await Promise.all(both)).toEqual([0, 0])
  expect(tree.read('pkg/slow/.test')).toContain('result: ok')
  expect(leftOver(tree)).toEqual([])
})

test('a build that is killed leaves no half package, and the next run goes on', async () => {
  const tree = await slowTree()
  const child = start(tree)
  const begun = (): boolean =>
    readdirSync(join(tree.root, 'pkg/slow')).some(
      name => /^\.build\.\d/.test(name) && existsSync(join(tree.root, 'pkg/slow', name, 'log')),
    )
  for (let tries = 0; !begun() && tries < 600; tries++) await wait(50)
  expect(begun()).toBe(true)
  process.kill(-(child.pid ?? 0), 'SIGKILL')
  await new Promise(resolve => child.on('exit', resolve))
  expect(existsSync(join(tree.root, 'pkg/slow/.pkg.tar.gz'))).toBe(false)

  const { status, said } = run(tree, ['bin/do', 'pkg/slow/.test'])
  expect(said).toContain('built slow-1.0-1')
  expect(status).toBe(0)
  expect(leftOver(tree)).toEqual([])
})

test('a file that came into files/ after the rules were emitted is refused, not shown', async () => {
  const tree = await slowTree()
  tree.write('pkg/slow/files/keyed', 'one\n')
  await tree.generate()
  tree.write('pkg/slow/files/unkeyed', 'two\n')
  const { status, said } = run(tree, ['bin/do', 'pkg/slow/.pkg.tar.gz'])
  expect(status).not.toBe(0)
  expect(said).toContain('cannot show the build its inputs: they are not those of its key')
  expect(said).toMatch(/not in the key +"file 644 [0-9a-f]{64} unkeyed"/)
  expect(said).toContain('run: npx coolports-gen')
})

test('a store without an absolute path is refused: each rule would have another one', async () => {
  const tree = smallTree({ slow })
  expect((await tree.generate()).problems).toEqual([])
  const { status, said } = run(tree, ['bin/do', 'pkg/slow/.pkg.tar.gz'], { COOLPORTS_STORE: 'store' })
  expect(said).toContain('cannot use $COOLPORTS_STORE: "store" is not an absolute path')
  expect(status).toBe(2)
})
