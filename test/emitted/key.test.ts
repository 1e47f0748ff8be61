import { chmodSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { sha256 } from '../../core/digest.ts'
import { run, smallTree, useShell } from '../support/small-tree.ts'
import { manifest, type Tree } from '../support/tree.ts'

const shells = ['/bin/dash', '/usr/bin/busybox', '/bin/mksh', '/bin/bash'].filter(existsSync)
const interpreter = (shell: string): string => (shell.endsWith('busybox') ? `${shell} sh` : shell)

const TINY = manifest({ buildDeps: "['seed']", build: 'sh`echo tiny >"$DESTDIR/tiny"`', strip: "'none'" })
const KEY = 'pkg/tiny/.pkghash'

async function tinyTree(): Promise<Tree> {
  const tree = smallTree({ tiny: TINY })
  tree.write('pkg/tiny/files/it is  odd', 'odd\n')
  expect((await tree.generate()).problems).toEqual([])
  return tree
}

/** A folder for PATH in which sha256sum tells that it was called, and does its work. */
function telltale(tree: Tree): Record<string, string> {
  const folder = join(tree.root, 'telltale')
  mkdirSync(folder)
  writeFileSync(join(folder, 'sha256sum'), '#!/bin/sh\necho >>"$TOLD"\nexec /usr/bin/sha256sum "$@"\n')
  chmodSync(join(folder, 'sha256sum'), 0o755)
  return { PATH: `${folder}:${process.env.PATH}`, TOLD: join(tree.root, 'told') }
}

describe('the key of a package', () => {
  test('is named without a program, and by the door alike', async () => {
    const tree = await tinyTree()
    const env = telltale(tree)
    run(tree, ['bin/do', 'pkg/.api'])
    expect(run(tree, ['bin/do', KEY], env).status).toBe(0)
    expect(existsSync(env.TOLD ?? '')).toBe(false)
    const key = tree.read(KEY)
    expect(key).toMatch(/^[0-9a-f]{64}\ncoolports-pkgkey 1\nname tiny\n/)
    expect(sha256(key.slice(65))).toBe(key.slice(0, 64))

    const rule = tree.read(`${KEY}.do`)
    tree.write(`${KEY}.do`, rule.replace('../../bin/do-key', 'command ../../bin/do-key'))
    rmSync(join(tree.root, KEY))
    expect(run(tree, ['bin/do', KEY], env).status).toBe(0)
    expect(existsSync(env.TOLD ?? '')).toBe(true)
    expect(tree.read(KEY)).toBe(key)
  })

  test('is named in a file, and made from inputs, of whole paths as well', async () => {
    const tree = await tinyTree()
    const rule = tree.read(`${KEY}.do`)
    expect(run(tree, ['bin/do', KEY]).status).toBe(0)
    const key = tree.read(KEY)
    tree.write(
      `${KEY}.do`,
      rule
        .replace('do-key "$3"', 'do-key "$PWD/$3"')
        .replace(/'([0-9a-f]{64}) {2}package.ts'/, '"$1  $PWD/package.ts"'),
    )
    const env = telltale(tree)
    expect(run(tree, ['bin/do', KEY], env)).toMatchObject({ status: 0 })
    expect(existsSync(env.TOLD ?? '')).toBe(false)
    expect(tree.read(KEY)).toBe(key)
  })

  test.each(shells)('is refused by the door with %s as sh where an input is another one', async shell => {
    const tree = await tinyTree()
    useShell(join(tree.root, 'bin/do-key'), interpreter(shell))
    const door = (...words: readonly string[]) =>
      run(tree, ['sh', '-c', 'cd pkg/tiny && exec ../../bin/do-key "$@"', 'sh', ...words])
    const inputs = ['package.ts', 'files/it is  odd']
    const made = inputs.map(path => `${sha256(tree.read(`pkg/tiny/${path}`))}  ${path}`)
    const texts = ['text\n', '\n', 'blank lines\n\n\n', `$x \`x\` \\n %s ' " ā\n${'long '.repeat(60_000)}\n`]
    for (const text of texts) {
      tree.write('pkg/tiny/key', text)
      expect(door('key', ...made)).toEqual({ status: 0, said: '' })
      expect(tree.read('pkg/tiny/key')).toBe(`${sha256(text)}\n${text}`)
    }
    tree.write('pkg/tiny/key', 'text\n')
    tree.write('pkg/tiny/files/it is  odd', 'another\n')
    const { status, said } = door('key', ...made)
    expect(status).toBe(1)
    expect(said).toMatch(/^pkg\/tiny: cannot build: the emitted rules are older than the manifest\n/)
    expect(said).toContain('files/it is  odd: FAILED\n')
    expect(said).not.toContain(': OK')
    expect(said).toMatch(/\n {2}run: npx coolports-gen\n$/)
    rmSync(join(tree.root, 'pkg/tiny/files/it is  odd'))
    expect(door('key', ...made)).toMatchObject({ status: 1, said: expect.stringContaining('No such file') })
    expect(readFileSync(join(tree.root, 'pkg/tiny/key'), 'utf8')).toBe('text\n')
    expect(door('key')).toMatchObject({ status: 2 })
  })

  test('is told of where it cannot be written', async () => {
    const tree = await tinyTree()
    const rule = tree.read(`${KEY}.do`)
    tree.write(`${KEY}.do`, rule.replace('do-key "$3"', 'do-key /proc/version'))
    const { status, said } = run(tree, ['bin/do', KEY])
    expect(status).toBe(1)
    expect(said).toContain('redo: cannot write a key: ')
  })
})
