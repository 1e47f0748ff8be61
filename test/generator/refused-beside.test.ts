import { spawnSync } from 'node:child_process'
import { cpSync, existsSync, mkdirSync, readdirSync, renameSync, rmSync, symlinkSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import { generate } from '../../generator/generate.ts'
import { manifest, Tree } from '../support/tree.ts'

const program = resolve(import.meta.dirname, '../../dist/gen.js')

const WRONG = { license: "'no such licence'" }

const isThere = (tree: Tree, path: string): boolean => existsSync(join(tree.root, path))

/** A tree in which all was well: b needs a, c needs neither. */
async function goodTree(): Promise<Tree> {
  const tree = new Tree({
    'pkg/a/package.ts': manifest(),
    'pkg/b/package.ts': manifest({ buildDeps: "['a']" }),
    'pkg/c/package.ts': manifest(),
  })
  expect((await tree.generate()).problems).toEqual([])
  return tree
}

describe('beside a manifest that is refused', () => {
  test('the others get their rules, and its own stay as they were', async () => {
    const tree = await goodTree()
    const before = tree.read('pkg/a/.pkghash.do')
    tree.write('pkg/a/package.ts', manifest(WRONG))
    tree.write('pkg/c/package.ts', manifest({ version: "'2'" }))
    const { problems, refused, changed } = await tree.generate()
    expect(problems.map(({ kind }) => kind)).toEqual(['field'])
    expect(refused).toEqual(['a'])
    expect([...changed].sort()).toEqual(['pkg/c/.pkg.tar.gz.do', 'pkg/c/.pkghash.do'])
    expect(tree.read('pkg/a/.pkghash.do')).toBe(before)
  })

  test('all stays as it is the next time, and the problem is told again', async () => {
    const tree = await goodTree()
    tree.write('pkg/a/package.ts', manifest(WRONG))
    await sleep(20) // else the stamps of what was written just now are left out, and told the next time
    await tree.generate()
    const memo = tree.read('pkg/.gen.json')
    const { refused, changed } = await tree.generate()
    expect({ refused, changed }).toEqual({ refused: ['a'], changed: [] })
    expect(tree.read('pkg/.gen.json')).toBe(memo)
  })

  test('a package is taken away that is gone', async () => {
    const tree = await goodTree()
    tree.write('pkg/a/package.ts', manifest(WRONG))
    rmSync(join(tree.root, 'pkg/c/package.ts'))
    await tree.generate()
    expect(isThere(tree, 'pkg/c')).toBe(false)
    expect(isThere(tree, 'pkg/a/.pkghash.do')).toBe(true)
  })

  test('--check tells what is stale as well', async () => {
    const tree = await goodTree()
    tree.write('pkg/a/package.ts', manifest(WRONG))
    tree.write('pkg/c/package.ts', `${manifest()}// a comment\n`)
    const { refused, changed } = await tree.generate(true)
    expect({ refused, changed }).toEqual({ refused: ['a'], changed: ['pkg/c/.pkghash.do'] })
  })

  test('what it has built is taken away when the rules of what it needs change, for a redo that did not make it', async () => {
    const tree = await goodTree()
    tree.write('pkg/b/.pkghash', 'made')
    tree.write('pkg/b/package.ts', manifest({ buildDeps: "['a']", ...WRONG }))
    await tree.generate()
    expect(isThere(tree, 'pkg/b/.pkghash')).toBe(true)
    tree.write('pkg/a/package.ts', manifest({ version: "'2'" }))
    expect((await tree.generate()).refused).toEqual(['b'])
    expect(isThere(tree, 'pkg/b/.pkghash')).toBe(false)
  })
})

describe('rules that do not know themselves to be stale are taken away, with what they made', () => {
  const remains = ['pkg/a/.pkghash.do', 'pkg/a/.fetch', 'pkg/a/.pkghash', 'pkg/a/.pkg.tar.gz']

  async function treeWithPackage(): Promise<Tree> {
    const tree = await goodTree()
    for (const path of remains.slice(2)) tree.write(path, 'made')
    return tree
  }

  test('when the manifest API is another one', async () => {
    const tree = await treeWithPackage()
    tree.write('templates/index.ts', `${tree.read('templates/index.ts')}\nexport const later = 1\n`)
    tree.write('pkg/b/package.ts', manifest({ buildDeps: "['a']", version: "'2'" }))
    tree.write('pkg/a/package.ts', manifest(WRONG))
    expect((await tree.generate()).refused).toEqual(['a'])
    expect(remains.filter(path => isThere(tree, path))).toEqual([])
    expect(isThere(tree, 'pkg/a/.last.pkg.tar.gz')).toBe(true)
    expect(tree.read('pkg/b/.pkghash.do')).toContain('version 2')
  })

  test('when the generator is another one', async () => {
    const tree = await treeWithPackage()
    tree.write('pkg/a/package.ts', manifest(WRONG))
    const later = await generate({ root: tree.root, check: false, program: 'a later one' })
    expect(later.refused).toEqual(['a'])
    expect(later.changed).toEqual(expect.arrayContaining(['pkg/a/.pkghash.do', 'pkg/a/.fetch']))
    expect(remains.filter(path => isThere(tree, path))).toEqual([])
  })
})

test('those in a circle get no rules, and the others theirs', async () => {
  const tree = await goodTree()
  tree.write('pkg/a/package.ts', manifest({ buildDeps: "['b']" }))
  tree.write('pkg/c/package.ts', manifest({ version: "'2'" }))
  const { refused, changed } = await tree.generate()
  expect(refused).toEqual(['a', 'b'])
  expect(changed.some(path => path.startsWith('pkg/c/'))).toBe(true)
  expect(changed.some(path => /^pkg\/[ab]\//.test(path))).toBe(false)
  tree.write('pkg/a/package.ts', manifest({ version: "'3'" }))
  expect((await tree.generate()).problems).toEqual([])
  expect(tree.read('pkg/a/.pkghash.do')).toContain('version 3')
})

test('a link below files/ refuses the package', async () => {
  const tree = await goodTree()
  mkdirSync(join(tree.root, 'pkg/c/files'))
  symlinkSync('/etc/passwd', join(tree.root, 'pkg/c/files/link'))
  tree.write('pkg/c/package.ts', manifest({ version: "'2'" }))
  const { problems, refused, changed } = await tree.generate()
  expect(problems.map(({ kind }) => kind)).toEqual(['file'])
  expect({ refused, changed }).toEqual({ refused: ['c'], changed: [] })
})

describe('a folder that is no package', () => {
  async function treeWithLink(): Promise<Tree> {
    const tree = await goodTree()
    renameSync(join(tree.root, 'pkg/c/package.ts'), join(tree.root, 'pkg/c/real.ts'))
    symlinkSync('real.ts', join(tree.root, 'pkg/c/package.ts'))
    return tree
  }

  test('keeps what it was emitted and has built, where its manifest is a symlink by now', async () => {
    const tree = await treeWithLink()
    const { problems, refused, changed } = await tree.generate()
    expect(problems.map(({ kind }) => kind)).toEqual(['file'])
    expect({ refused, changed }).toEqual({ refused: ['c'], changed: ['pkg/names.d.ts'] })
    expect(isThere(tree, 'pkg/c/.pkghash.do')).toBe(true)
    expect(coolportsGen(tree, 'c').status).toBe(1)
  })

  test('loses its rules when the manifest API is another one', async () => {
    const tree = await treeWithLink()
    await tree.generate()
    tree.write('templates/index.ts', `${tree.read('templates/index.ts')}\nexport const later = 1\n`)
    await tree.generate()
    expect(isThere(tree, 'pkg/c/.pkghash.do')).toBe(false)
  })

  test('loses nothing where it is a symlink to the folder of a package', async () => {
    const tree = await goodTree()
    tree.write('pkg/a/.pkghash', 'made')
    symlinkSync('a', join(tree.root, 'pkg/link'))
    expect((await tree.generate()).refused).toEqual(['link'])
    expect(isThere(tree, 'pkg/a/.pkghash.do')).toBe(true)
    expect(isThere(tree, 'pkg/a/.pkghash')).toBe(true)
  })

  test('is imported by nobody', async () => {
    const tree = await treeWithLink()
    tree.write('pkg/d/package.ts', manifest({ version: 'c.version' }, "import c from '../c/package.ts'"))
    const { problems, refused } = await tree.generate()
    expect(problems.map(({ kind }) => kind)).toEqual(['file', 'unknown-import'])
    expect(refused).toEqual(['c', 'd'])
  })
})

test.each([
  ['e', 'no folder'],
  ['c', 'the folder of a package'],
])(
  'rules that came with a copy of another package, as %s where %s was, are taken away, with what they made',
  async copy => {
    const tree = await goodTree()
    tree.write('pkg/a/package.ts', manifest({ name: "'a'" }))
    await tree.generate()
    tree.write('pkg/a/.pkghash', 'made')
    rmSync(join(tree.root, 'pkg', copy), { recursive: true, force: true })
    cpSync(join(tree.root, 'pkg/a'), join(tree.root, 'pkg', copy), { recursive: true })
    expect((await tree.generate()).refused).toEqual([copy])
    expect(readdirSync(join(tree.root, 'pkg', copy))).toEqual(['package.ts'])
    expect(isThere(tree, 'pkg/a/.pkghash')).toBe(true)
  },
)

const coolportsGen = (tree: Tree, ...words: readonly string[]) => {
  const { status, stderr } = spawnSync(process.execPath, [program, '--root', tree.root, ...words], {
    encoding: 'utf8',
  })
  return { status, last: stderr.trimEnd().split('\n').at(-1) }
}

test('the summary names the packages, ten of them', () => {
  const names = Array.from({ length: 12 }, (_, at) => `p${at}`).sort()
  const tree = new Tree(Object.fromEntries(names.map(name => [`pkg/${name}/package.ts`, manifest(WRONG)])))
  expect(coolportsGen(tree)).toEqual({
    status: 1,
    last: `coolports-gen: 12 problems: no new rules for ${names.slice(0, 10).join(', ')} and 2 more`,
  })
})

test('the summary shows a folder whose name is none, and nothing that a terminal would obey', () => {
  const tree = new Tree({ 'pkg/a\u001b[31m b/package.ts': manifest() })
  expect(coolportsGen(tree).last).toBe('coolports-gen: 1 problem: no new rules for a\\u001b[31m b')
})

test('the exit status is for the packages that are named, if any are', async () => {
  const tree = await goodTree()
  tree.write('pkg/a/package.ts', manifest(WRONG))
  const last = 'coolports-gen: 1 problem: no new rules for a'
  expect(coolportsGen(tree)).toEqual({ status: 1, last })
  expect(coolportsGen(tree, 'b', 'a')).toEqual({ status: 1, last })
  expect(coolportsGen(tree, 'b', 'c')).toEqual({ status: 0, last })
})

test.each([
  [['nope'], 'there is no package "nope"'],
  [['--check', 'a'], '--check is for all packages'],
])('the words %j are refused', async (words, why) => {
  const { status, stderr } = spawnSync(
    process.execPath,
    [program, '--root', (await goodTree()).root, ...words],
    { encoding: 'utf8' },
  )
  expect(stderr).toBe(`coolports-gen: cannot run: ${why}\n  see: coolports-gen --help\n`)
  expect(status).toBe(2)
})
