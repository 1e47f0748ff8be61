import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { comparePackages, type Difference } from '../../../helpers/reproduce/compare.ts'
import { differenceLines } from '../../../helpers/reproduce/difference.ts'
import { packTree } from '../../../helpers/tar/pack.ts'

const top = mkdtempSync(join(tmpdir(), 'coolports-compare-'))
afterAll(() => rmSync(top, { recursive: true }))

/** A package that holds `files`: a text is a file's content, a text that begins with `->` a link's target. */
async function pack(name: string, files: Readonly<Record<string, string>>): Promise<string> {
  const tree = join(top, name)
  mkdirSync(join(tree, 'bin'), { recursive: true })
  for (const [path, text] of Object.entries(files)) {
    if (text.startsWith('->')) symlinkSync(text.slice(2), join(tree, path))
    else writeFileSync(join(tree, path), text)
    if (path.endsWith('.sh')) chmodSync(join(tree, path), 0o755)
  }
  const packed = await packTree(tree, `${tree}.tar.gz`)
  expect(packed.ok).toBe(true)
  return `${tree}.tar.gz`
}

async function compare(
  here: Readonly<Record<string, string>>,
  there: Readonly<Record<string, string>>,
): Promise<readonly Difference[]> {
  const name = expect.getState().currentTestName?.replace(/\W+/g, '-') ?? ''
  const found: Difference[] = []
  for await (const one of comparePackages(await pack(`${name}-a`, here), await pack(`${name}-b`, there), []))
    found.push(one)
  return found
}

describe('comparePackages', () => {
  test('finds nothing in equal packages', async () => {
    expect(await compare({ a: 'text', 'bin/b': '->c' }, { a: 'text', 'bin/b': '->c' })).toEqual([])
  })

  test('finds what one alone has, wherever it stands', async () => {
    const found = await compare({ a: '', b: '', z: '' }, { b: '', c: '', d: '' })
    expect(found).toEqual([
      { kind: 'only here', path: 'a' },
      { kind: 'only there', path: 'c' },
      { kind: 'only there', path: 'd' },
      { kind: 'only here', path: 'z' },
    ])
  })

  test('finds other kinds, modes and targets', async () => {
    const found = await compare({ a: 'x', 'b.sh': '', c: '->a' }, { a: '->x', c: '->b' })
    expect(found.flatMap(differenceLines)).toEqual([
      'a: file 644, and symlink 777 to x',
      'b.sh: only the first has it',
      'c: symlink 777 to a, and symlink 777 to b',
    ])
  })

  test('finds the first byte that differs, in a file of many pieces too, and shows what stands there', async () => {
    const long = 'a'.repeat(200_000)
    const found = await compare({ f: `${long}here` }, { f: `${long}there, and more` })
    expect(found).toMatchObject([{ kind: 'content', path: 'f', offset: 200_000 }])
    expect(found.flatMap(differenceLines).slice(1)).toEqual([
      '  first  68 65 72 65  here',
      '  second 74 68 65 72 65 2c 20 61 6e 64 20 6d 6f 72 65  there, and more',
    ])
  })

  test('a file that is the beginning of the other ends there', async () => {
    const [, first] = (await compare({ f: 'ab' }, { f: 'abc' })).flatMap(differenceLines)
    expect(first).toBe('  first  (its end)')
  })
})
