import { execFileSync } from 'node:child_process'
import { chmodSync, existsSync, linkSync, lstatSync, mkdirSync, readFileSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import type { Result } from '../../../core/result.ts'
import { treePath } from '../../../core/store.ts'
import { provenTree, unpackedTree } from '../../../helpers/store/trees.ts'
import { useStore } from '../../../helpers/store/use.ts'
import { readIdentity } from '../../../helpers/tar/identity.ts'
import { listTree } from '../../../helpers/tar/list.ts'
import { packMembers, packTree } from '../../../helpers/tar/pack.ts'
import { type TarProblem, tarMessage } from '../../../helpers/tar/problem.ts'
import { verifyPackage } from '../../../helpers/tar/verify.ts'
import { folder } from './folder.ts'

/** A folder with these programs. */
function programs(...paths: readonly string[]): string {
  const root = folder(Object.fromEntries(paths.map(path => [path, `of ${path}`])))
  for (const path of paths) chmodSync(join(root, path), 0o755)
  return root
}

async function packed(root: string, setuid?: readonly string[]): Promise<string> {
  const file = join(folder(), 'pkg.tar.gz')
  const result = await packTree(root, file, setuid && { setuid })
  if (!result.ok) throw new Error(why(result))
  return file
}

/** A package whose one file has this mode. */
async function moded(mode: number): Promise<string> {
  const file = join(folder(), 'pkg.tar.gz')
  await packMembers([{ entry: { kind: 'file', path: 'su', mode, size: 0 }, from: Buffer.alloc(0) }], file)
  return file
}

const why = (result: Result<unknown, TarProblem | readonly TarProblem[]>): string =>
  result.ok
    ? 'ok'
    : [result.error]
        .flat()
        .map(one => `${tarMessage('pack', 'x', one).why}`)
        .join('\n')

const modes = (file: string): string =>
  execFileSync('tar', ['-tvf', file], { encoding: 'utf8' })
    .split('\n')
    .flatMap(line => (line === '' ? [] : [`${line.slice(0, 10)} ${line.split(' ').at(-1)}`]))
    .join('\n')

describe('packing', () => {
  test('gives the bit to what is listed and to nothing else, whatever the build left', async () => {
    const root = programs('bin/ls', 'bin/su')
    chmodSync(join(root, 'bin/ls'), 0o6755)
    chmodSync(join(root, 'bin'), 0o2755)
    expect(modes(await packed(root))).toBe('drwxr-xr-x bin/\n-rwxr-xr-x bin/ls\n-rwxr-xr-x bin/su')
    const file = await packed(root, ['bin/su'])
    expect(modes(file)).toBe('drwxr-xr-x bin/\n-rwxr-xr-x bin/ls\n-rwsr-xr-x bin/su')
    chmodSync(join(root, 'bin/su'), 0o6711)
    expect(readFileSync(await packed(root, ['bin/su'])).equals(readFileSync(file))).toBe(true)
  })

  test('refuses each that is no program, and says why', async () => {
    const root = programs('bin/su')
    symlinkSync('su', join(root, 'bin/link'))
    mkdirSync(join(root, 'share'))
    const text = folder({ text: '' })
    linkSync(join(text, 'text'), join(root, 'share/text'))
    const listed = listTree(root, { setuid: ['bin/none', 'bin/link', 'share', 'share/text'] })
    expect(why(listed).replaceAll('what is to be set-uid cannot be: ', '')).toBe(
      [
        'it does not exist',
        'it is a symlink; the file that it leads to has a name of its own',
        'it is no file',
        'it is not executable',
      ].join('\n'),
    )
  })

  test('wants all names of a file listed, or the others would be set-uid unseen', async () => {
    const root = programs('bin/su')
    linkSync(join(root, 'bin/su'), join(root, 'bin/sudo'))
    expect(why(listTree(root, { setuid: ['bin/sudo'] }))).toContain(
      '"bin/su" is the same file, and is not listed',
    )
    expect(modes(await packed(root, ['bin/su', 'bin/sudo']))).toContain('hrwsr-xr-x bin/su')
  })
})

describe('in the store', () => {
  test('a set-uid file is for its owner alone, and the tree still makes the same package', async () => {
    const [store, file] = [folder(), await packed(programs('bin/ls', 'bin/su'), ['bin/su'])]
    const tree = await useStore(store, use => unpackedTree(use, file))
    if (!tree.ok) throw new Error(why(tree))
    const mode = (path: string): number => lstatSync(join(tree.value.path, path)).mode & 0o7777
    expect([mode('bin/su'), mode('bin/ls')]).toEqual([0o4700, 0o755])
    const again = join(folder(), 'again')
    await packTree(tree.value.path, again, { setuid: 'marked' })
    expect(readFileSync(again).equals(readFileSync(file))).toBe(true)
  })

  test('what cannot be run is not set-uid, whatever its package says', async () => {
    const tree = await useStore(folder(), async use => unpackedTree(use, await moded(0o4644)))
    if (!tree.ok) throw new Error(why(tree))
    expect(lstatSync(join(tree.value.path, 'su')).mode & 0o7777).toBe(0o644)
  })
})

describe('a package from elsewhere', () => {
  test('has no folder that is set-uid, be it that its key names it', async () => {
    const [store, file] = [folder(), join(folder(), 'pkg.tar.gz')]
    await packMembers([{ entry: { kind: 'directory', path: 'su', mode: 0o4755 } }], file)
    const digest = readIdentity(file)
    if (!digest) throw new Error('no digest')
    const refusal = 'it has a set-id bit that the key of its package does not name'
    expect(why(await provenTree(store, file, digest, ['su']))).toBe(refusal)
    expect(why(await verifyPackage(file, ['su']))).toBe(refusal)
  })

  test.each([
    [
      'a bit that the key does not name',
      0o4755,
      [],
      'it has a set-id bit that the key of its package does not name',
    ],
    ['a set-gid bit', 0o2755, ['su'], 'it has a set-id bit that the key of its package does not name'],
    ['both bits', 0o6755, ['su'], 'it has a set-id bit that the key of its package does not name'],
    [
      'a bit of what cannot be run',
      0o4644,
      ['su'],
      'it has a set-id bit that the key of its package does not name',
    ],
    [
      'no bit where the key names one',
      0o755,
      ['su'],
      'the key of its package calls it set-uid, and it is not',
    ],
    [
      'no file where the key names one',
      0o4755,
      ['su', 'sudo'],
      'the key of its package calls it set-uid, and it is not',
    ],
  ])('with %s is refused, and leaves no tree', async (_, mode, setuid, refusal) => {
    const [store, file] = [folder(), await moded(mode)]
    const digest = readIdentity(file)
    if (!digest) throw new Error('no digest')
    expect(why(await provenTree(store, file, digest, setuid))).toBe(refusal)
    expect(existsSync(treePath(store, digest))).toBe(false)
    // Nor where the store has a tree of the same bytes, of a package with another key.
    await useStore(store, use => unpackedTree(use, file))
    expect(why(await provenTree(store, file, digest, setuid))).toBe(refusal)
    expect(why(await verifyPackage(file, setuid))).toBe(refusal)
  })

  test('with the bits under all names of a file is taken', async () => {
    const root = programs('bin/su')
    linkSync(join(root, 'bin/su'), join(root, 'bin/sudo'))
    const setuid = ['bin/su', 'bin/sudo']
    expect(why(await verifyPackage(await packed(root, setuid), setuid))).toBe('ok')
  })

  test('with the bits that its key names is taken', async () => {
    const [store, file] = [folder(), await moded(0o4755)]
    const digest = readIdentity(file)
    if (!digest) throw new Error('no digest')
    for (const _ of ['new', 'again']) expect(why(await provenTree(store, file, digest, ['su']))).toBe('ok')
    expect(lstatSync(join(treePath(store, digest), 'su')).mode & 0o7777).toBe(0o4700)
  })
})
