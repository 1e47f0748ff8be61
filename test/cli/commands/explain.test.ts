import { copyFileSync, linkSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { type Sha256, sha256 } from '../../../core/digest.ts'
import { packageKeyPath, packagePath } from '../../../core/store.ts'
import { packTree } from '../../../helpers/tar/pack.ts'
import { keyAt } from '../../support/pkgkey.ts'
import { manifest, Tree } from '../../support/tree.ts'
import { coolportsDoor, coolportsIn, treeWithDoors } from '../support.ts'

const treeOfTwo = (): Tree =>
  treeWithDoors({
    'pkg/low/package.ts': manifest(),
    'pkg/high/package.ts': manifest({ buildDeps: "['low']" }),
  })

/** Leaves in the tree and the store what a build of the package would. */
async function pretendToBuild(tree: Tree, name: string, place: 'link' | 'copy' = 'link'): Promise<Sha256> {
  const { out } = coolportsDoor(tree, 'key', name)
  const hash = sha256(out)
  const store = join(tree.root, '.store')
  const content = join(tree.root, `content of ${name}`)
  mkdirSync(content)
  mkdirSync(join(store, 'packages'), { recursive: true })
  tree.write(`content of ${name}/file`, name)
  await packTree(content, packagePath(store, hash))
  const built = join(tree.root, 'pkg', name, '.pkg.tar.gz')
  if (place === 'link') linkSync(packagePath(store, hash), built)
  else copyFileSync(packagePath(store, hash), built)
  writeFileSync(packageKeyPath(store, hash), keyAt(tree.root, name).text)
  return hash
}

describe('key', () => {
  test('prints what the bytes depend on, and --hash its sha256', () => {
    const tree = treeOfTwo()
    const { status, out } = coolportsDoor(tree, 'key', 'high')
    expect(status).toBe(0)
    expect(out).toMatch(/^coolports-pkgkey 1\nname high\n/)
    expect(coolportsDoor(tree, 'key', 'high', '--hash').out).toBe(`${sha256(out)}\n`)
    const { name, hash, lines } = JSON.parse(coolportsDoor(tree, 'key', 'high', '--json').out)
    expect({ name, hash, text: `${lines.join('\n')}\n` }).toEqual({
      name: 'high',
      hash: sha256(out),
      text: out,
    })
  })

  test('is that of the manifest as it is now', () => {
    const tree = treeOfTwo()
    coolportsDoor(tree, 'key', 'low')
    tree.write('pkg/low/package.ts', manifest({ release: '2' }))
    expect(coolportsDoor(tree, 'key', 'low').out).toContain('\nrelease 2\n')
  })

  test('that somebody wrote into is not believed: redo leaves such a file alone', () => {
    const tree = treeOfTwo()
    coolportsDoor(tree, 'key', 'low')
    const text = tree.read('pkg/low/.pkghash')
    tree.write('pkg/low/.pkghash', text.replace('release 1', 'release 2'))
    for (const command of [
      ['key', 'low'],
      ['key', 'low', '--hash'],
      ['explain', 'low'],
    ]) {
      const { status, out, err } = coolportsDoor(tree, ...command)
      expect({ status, out }).toEqual({ status: 2, out: '' })
      expect(err).toContain(
        'coolports: cannot read pkg/low/.pkghash: its first line is not the sha256 of what is below it\n  rm -f pkg/low/.pkghash has it made again\n',
      )
    }
    rmSync(join(tree.root, 'pkg/low/.pkghash'))
    expect(coolportsDoor(tree, 'key', 'low').out).toBe(text.slice(65))
  })

  test('asked for in another folder is kept in the books of the tree, and nothing is left in that folder', () => {
    const tree = treeOfTwo()
    const elsewhere = new Tree()
    const hash = () => coolportsIn(elsewhere.root, {}, '-C', tree.root, 'key', 'low', '--hash').out
    const before = hash()
    expect(readdirSync(elsewhere.root)).toEqual(readdirSync(new Tree().root))
    tree.write('pkg/low/package.ts', manifest({ release: '2' }))
    const after = coolportsDoor(tree, 'key', 'low', '--hash').out
    expect(after).toMatch(/^[0-9a-f]{64}\n$/)
    expect(after).not.toBe(before)
    expect(hash()).toBe(after)
  })
})

describe('explain', () => {
  test('says that a package is not built', () => {
    const said = coolportsDoor(treeOfTwo(), 'explain', 'low')
    expect(said).toMatchObject({ status: 1, out: 'low is not built\n' })
  })

  test.each(['link', 'copy'] as const)(
    'says that a package is up to date, whose file is a %s',
    async place => {
      const tree = treeOfTwo()
      await pretendToBuild(tree, 'low', place)
      expect(coolportsDoor(tree, 'explain', 'low')).toMatchObject({ status: 0, out: 'low is up to date\n' })
    },
  )

  test('shows lines that changed, and follows a dependency down to what changed in it', async () => {
    const tree = treeOfTwo()
    const before = await pretendToBuild(tree, 'low')
    await pretendToBuild(tree, 'high')
    tree.write('pkg/low/package.ts', manifest({ release: '2' }))
    const { status, out } = coolportsDoor(tree, 'explain', 'high')
    const now = coolportsDoor(tree, 'key', 'low', '--hash').out.trim()
    expect(status).toBe(1)
    expect(out).toBe(
      [
        'high is out of date:',
        `  low is another one: ${before.slice(0, 12)} before, ${now.slice(0, 12)} now`,
        '    - release 1',
        '    + release 2',
        '',
      ].join('\n'),
    )
    expect(JSON.parse(coolportsDoor(tree, 'explain', 'high', '--json').out)).toMatchObject({
      name: 'high',
      state: 'out-of-date',
      changes: [],
      dependencies: [
        {
          name: 'low',
          built: before,
          present: now,
          reason: {
            changes: [
              { sign: '-', line: 'release 1' },
              { sign: '+', line: 'release 2' },
            ],
          },
        },
      ],
    })
  })

  test('says that it does not know a file that no build left in the store', async () => {
    const tree = treeOfTwo()
    tree.write('pkg/low/.pkg.tar.gz', 'from elsewhere')
    expect(coolportsDoor(tree, 'explain', 'low')).toMatchObject({ status: 2, out: '' })
  })

  test('is not that it is out of date, where the manifest is refused, or that of what it needs', () => {
    const tree = treeOfTwo()
    tree.write('pkg/low/package.ts', manifest({ buildDeps: "['lwo']" }))
    for (const name of ['low', 'high'])
      expect(coolportsDoor(tree, 'explain', name)).toMatchObject({ status: 2, out: '' })
  })

  test('is given where another manifest is refused', () => {
    const tree = treeOfTwo()
    tree.write('pkg/high/package.ts', manifest({ buildDeps: "['lwo']" }))
    expect(coolportsDoor(tree, 'explain', 'low')).toMatchObject({ status: 1, out: 'low is not built\n' })
  })
})
