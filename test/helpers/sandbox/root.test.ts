import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { plantFarm } from '../../../helpers/sandbox/farm.ts'
import { mergeLayers } from '../../../helpers/sandbox/merge.ts'
import { chooseRoot, rootOptions } from '../../../helpers/sandbox/root.ts'
import { listTree } from '../../../helpers/tar/list.ts'
import { Workshop } from '../build/workshop.ts'

const made: string[] = []
afterEach(() => {
  for (const folder of made.splice(0)) rmSync(folder, { recursive: true, force: true })
})

/** A folder of files by path; a text that starts with `->` is a symlink. */
function layer(files: Readonly<Record<string, string>>): string {
  const root = mkdtempSync(join(tmpdir(), 'coolports layer-'))
  made.push(root)
  fill(root, files)
  return root
}

function fill(root: string, files: Readonly<Record<string, string>>): void {
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true })
    if (text.startsWith('->')) symlinkSync(text.slice(2), join(root, path))
    else writeFileSync(join(root, path), text)
  }
}

describe('mergeLayers()', () => {
  test('lets the first layer win, file by file', () => {
    const first = layer({ 'bin/a': 'first', x: 'first' })
    const second = layer({ 'bin/a': 'second', 'bin/b': 'second', x: 'second', 'y/z': '' })
    expect(mergeLayers([first, second])).toEqual([
      { kind: 'folder', path: 'bin' },
      { kind: 'leaf', path: 'bin/a', layer: 0, from: join(first, 'bin/a'), type: 'file' },
      { kind: 'leaf', path: 'bin/b', layer: 1, from: join(second, 'bin/b'), type: 'file' },
      { kind: 'leaf', path: 'x', layer: 0, from: join(first, 'x'), type: 'file' },
      { kind: 'leaf', path: 'y', layer: 1, from: join(second, 'y'), type: 'folder' },
    ])
  })

  test('merges folders down to the first layer that has something else there', () => {
    const layers = [layer({ 'lib/a': '' }), layer({ lib: '->elsewhere' }), layer({ 'lib/c': '' })]
    expect(mergeLayers(layers, { isOpened: () => true })?.map(entry => entry.path)).toEqual(['lib', 'lib/a'])
  })

  test('gives up at its limit', () => {
    expect(mergeLayers([layer({ a: '', b: '', c: '' })], { limit: 2 })).toBeUndefined()
  })
})

describe('chooseRoot()', () => {
  test('mounts a single package entry by entry, overlays several, and plants a farm where it must', () => {
    const one = layer({ 'bin/a': 'a' })
    const two = layer({ 'bin/b': 'b' })
    expect(chooseRoot(layer({}), [one], true, 1).kind).toBe('binds')
    expect(chooseRoot(layer({}), [one, two], true, 2).kind).toBe('overlay')
    expect(chooseRoot(layer({}), [one, two], false, 2).kind).toBe('farm')
    expect(chooseRoot(layer({}), Array(401).fill(one), true, 401).kind).toBe('farm')
  })
})

test('a root of binds has no mount for what another one covers', () => {
  const front = layer({ 'build.sh': '', 'etc/passwd': '', 'home/build/.x': '', 'tmp/x': '' })
  const root = chooseRoot(layer({}), [front, layer({ 'bin/a': '', 'tmp/y': '', dev: '' })], true, 1)
  const places = rootOptions(root, '/work').filter(word => /^\/\w+$/.test(word))
  expect(places).toEqual(['/bin', '/etc', '/home'])
})

describe('an overlay and a farm', () => {
  let shop: Workshop
  beforeAll(async () => {
    shop = await Workshop.open()
  })
  afterAll(() => shop.close())

  test('give the same root, conflicts and all', async () => {
    const packages: readonly Readonly<Record<string, string>>[] = [
      {
        'share/who': 'p0',
        'share/only0': 'p0',
        'lib/x': 'p0',
        'etc/passwd': 'mine',
        'usr/bin/env': '->/bin/other',
      },
      { 'share/who': 'p1', lib: '->share', 'bin/sh': 'not a shell', mixed: 'a file' },
      { 'share/who': 'p2', 'lib/deep/y': 'p2', 'mixed/a': 'a folder', 'share/empty/d/e/f': '' },
    ]
    for (const [index, files] of packages.entries())
      await shop.pack(`p${index}`, folder => fill(folder, files))
    const seen = (
      name: string,
      env: Readonly<Record<string, string>>,
      ...order: readonly string[]
    ): string => {
      shop.closure(name, 'base', ...order)
      const script =
        ': >"$DESTDIR/x"; cd /; find bin etc lib mixed share usr ! -type d -print | sort | while read -r f; do if [ -L $f ]; then echo "$f -> $(readlink $f)"; elif [ -x $f ]; then echo $f; else echo "$f: $(cat $f)"; fi; stat -c "%a %Y" $f; done; find / -xdev -type d ! -path "/home/*" -exec stat -c "%a %Y %n" {} \\; | grep -v -e " /proc" -e " /tmp" -e " /destdir" -e " /dev" -e " /sources" -e " /home" | sort; grep -c "^overlay / " /proc/mounts || :'
      const ran = shop.build(name, script, { env: { COOLPORTS_VERBOSE: '1', ...env } })
      expect(ran.status).toBe(0)
      return ran.stderr.split('\n').slice(1, -2).join('\n')
    }
    // Without `unshare` on PATH there is no overlay.
    const bare = join(shop.root, 'bare')
    mkdirSync(bare)
    for (const tool of ['sh', 'bwrap']) symlinkSync(`/usr/bin/${tool}`, join(bare, tool))

    const overlay = seen('over', {}, 'p0', 'p1', 'p2')
    const farm = seen('farm', { PATH: bare }, 'p0', 'p1', 'p2')
    expect(overlay).toMatch(/\n1$/)
    expect(farm).toMatch(/\n0$/)
    expect(farm.slice(0, -1)).toBe(overlay.slice(0, -1))
    expect(overlay).toContain('\nshare/who: p0\n')
    expect(overlay).toContain('\nlib/x: p0\n')
    expect(overlay).not.toContain('lib/deep')
    expect(overlay).toContain('\nusr/bin/env -> /bin/other')
    expect(overlay).toContain('\netc/passwd: build:x:1000:1000:build:/home/build:/bin/sh\n')
    expect(seen('turned', {}, 'p2', 'p1', 'p0')).toContain('\nshare/who: p2\n')
  })

  test('packages of equal content are one layer of the overlay', async () => {
    for (const name of ['twin', 'other-twin', 'third']) {
      await shop.pack(name, folder => fill(folder, { [name === 'third' ? 'third' : 'twin']: '' }))
    }
    shop.closure('twins', 'base', 'twin', 'third', 'other-twin')
    const ran = shop.build('twins', 'ls /twin /third; grep -c "^overlay / " /proc/mounts', {
      env: { COOLPORTS_VERBOSE: '1' },
    })
    expect(ran.stderr).toContain('/third\n/twin\n1\n')
  })

  test('a root of 300 packages can be put together', async () => {
    const names = Array.from({ length: 300 }, (_, index) => `n${index}`)
    for (const name of names) await shop.pack(name, folder => fill(folder, { [`share/${name}`]: '' }))
    shop.closure('many', 'base', ...names)
    const ran = shop.build('many', 'ls /share | wc -l; grep -c "^overlay / " /proc/mounts', {
      env: { COOLPORTS_VERBOSE: '1' },
    })
    expect(ran.stderr).toContain('300\n1\n')
  })

  test('a farm links its files to those of the store', () => {
    const store = layer({ 'bin/a': 'a', 'bin/link': '->a' })
    const farm = join(layer({}), 'farm')
    plantFarm([store, layer({ 'bin/b': 'b' })], farm)
    const entries = listTree(farm)
    expect(entries.ok && entries.value.map(entry => entry.path)).toEqual([
      'bin',
      'bin/a',
      'bin/b',
      'bin/link',
    ])
    expect(readFileSync(join(farm, 'bin/a'), 'utf8')).toBe('a')
  })
})
