import { execFileSync } from 'node:child_process'
import { linkSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import type { PackageName } from '../../../core/name.ts'
import { packageClosure } from '../../../helpers/built/closure.ts'
import { imageOf, settleSelection } from '../../../helpers/export/export.ts'
import { dockerFiles, layoutFiles } from '../../../helpers/export/form.ts'
import { MAX_LAYERS } from '../../../helpers/export/image.ts'
import { mergedLayer } from '../../../helpers/export/merged-layer.ts'
import { writeArchive, writeFolder } from '../../../helpers/export/output.ts'
import { stackLayers } from '../../../helpers/export/stack.ts'
import { useStore } from '../../../helpers/store/use.ts'
import { imageFiles } from '../../../helpers/whence/image-files.ts'
import { imageLayers, partAt } from '../../../helpers/whence/image-layers.ts'
import { lookInLayer } from '../../../helpers/whence/in-layer.ts'
import { Ground } from '../install/support.ts'

const RUN = { entrypoint: [], cmd: [], env: [], labels: {} }

/** Writes an image of packages with so many layers into a folder `NAME`, and as an archive `NAME.docker`. */
async function write(
  ground: Ground,
  name: string,
  packages: readonly string[],
  room: number,
  { prefer = [] as readonly string[], uncompressed = false } = {},
) {
  const members = good(packageClosure(ground.tree, packages as readonly PackageName[]))
  const choice = { order: true, prefer }
  const { contents } = good(await settleSelection({ members, extras: { with: [] }, choice }))
  const { merged, alone } = stackLayers(contents, room)
  const scratch = join(ground.folder, `${name}.scratch`)
  mkdirSync(scratch)
  const layer =
    merged.length === 0
      ? undefined
      : good(await useStore(ground.store, use => mergedLayer(merged, use, scratch, uncompressed)))
  const { image, layers } = await imageOf({ contents: alone, extras: [] }, RUN, uncompressed, layer)
  const out = join(ground.folder, name)
  good(await writeFolder(out, layoutFiles(image, layers, { name: 'x:1', tag: '1' }, [])))
  good(await writeArchive(`${out}.docker`, dockerFiles(image, layers, 'x:1')))
  return { out, image, layers, merged: layer }
}

type Refusable<Value> =
  | { readonly ok: true; readonly value: Value }
  | { readonly ok: false; readonly error: unknown }

function good<Value>(result: Refusable<Value>): Value {
  if (!result.ok) throw new Error(JSON.stringify(result.error))
  return result.value
}

/** All that umoci unpacks of an image: kind, mode, links, target and digest by path. */
function unpacked(image: string): readonly string[] {
  execFileSync('umoci', ['unpack', '--image', `${image}:1`, `${image}.bundle`])
  const script =
    'cd "$0"; find . -mindepth 1 ! -name "?umoci*" -printf "%P %y %m %n %l\\n" | sed "/ d /s/ [0-9]* $//"; find . -type f -exec sha256sum {} +'
  return execFileSync('sh', ['-c', script, `${image}.bundle/rootfs`], { encoding: 'utf8' })
    .trim()
    .split('\n')
    .sort()
}

/** Whose each path of an image is, as whence finds out. */
async function owners(image: string): Promise<readonly string[]> {
  const files = imageFiles(image)
  if (!files) throw new Error('no image')
  const layers = [...good(await imageLayers(files))].reverse()
  const found: string[] = []
  for (const path of PATHS) {
    let owner = 'nobody'
    for (const layer of layers) {
      const look = good(await lookInLayer(files, layer, path))
      if (!look.found && !look.hides) continue
      const part = look.found && partAt(layer, look.found.index)
      if (part && look.found?.kind !== 'folder')
        owner = `${part.name} ${part.version} ${part.tar} ${part.pkghash ?? 'a key'}`
      break
    }
    found.push(`${path} ${owner}`)
  }
  return found
}

/** Packages that have things in common, and hide some of each other's. */
async function rivals(): Promise<Ground> {
  const ground = new Ground()
  await ground.make('base', '1', {
    'lib/base': 'a library, larger than what the others have: '.padEnd(4000, 'x'),
    'share/same': 'same',
  })
  await ground.make('low', '1', { 'd/y': 'of low', 'e/z': 'of low', 'share/both': 'of low' }, ['base'])
  const mid = { 'bin/a': 'of mid', d: 'of mid', e: 'of mid', 'share/same': 'same', 'bin/su': '!of mid' }
  await ground.make('mid', '1', mid)
  for (const name of ['b', 'c'])
    linkSync(join(ground.contentOf('mid'), 'bin/a'), join(ground.contentOf('mid'), 'bin', name))
  await ground.pack('mid', '1', ['low'], { setuid: ['bin/su'] })
  await ground.make('top', '1', { 'bin/a': 'of top', 'd/x': 'of top', 'bin/l': '-> a' }, ['mid'])
  await ground.make('other', '1', { 'bin/other': '!other', 'empty/': '' }, ['base'])
  return ground
}

/** All that stands there, and what does not any more; but not what two have alike, which is as much the one's as the other's. */
const PATHS = [
  ...['bin/a', 'bin/b', 'bin/c', 'bin/l', 'bin/su', 'bin/other', 'bin/none'],
  ...['d', 'd/x', 'd/y', 'e', 'e/z', 'lib/base', 'share/both'],
]

test.each([
  ['as they are', ['top', 'other'], []],
  ['the lower ones preferred', ['other', 'top'], ['low', 'mid']],
  ['from below', ['low', 'mid', 'top', 'other'], []],
])('packages that share a layer show what their own layers would: %s', async (_, names, prefer) => {
  const ground = await rivals()
  const plain = await write(ground, 'plain', names, 5, { prefer })
  const shown = unpacked(plain.out)
  expect(shown).toContain('bin/su f 4755 1 ')
  const whose = await owners(plain.out)
  // Of an archive for docker load no annotation tells the key.
  const whoseToo = whose.map(line => line.replace(/ \S{64}$/, ' a key'))
  expect(await owners(`${plain.out}.docker`)).toEqual(whoseToo)
  for (const room of [4, 3, 2, 1]) {
    const made = await write(ground, `in ${room}`, names, room, { prefer })
    // Three of the five differ.
    expect(made.layers.length).toBe(Math.min(room, 3))
    expect(unpacked(made.out)).toEqual(shown)
    expect(await owners(made.out)).toEqual(whose)
    expect(await owners(`${made.out}.docker`)).toEqual(whoseToo)
    const tars = await write(ground, `tars in ${room}`, names, room, { prefer, uncompressed: true })
    expect(tars.image.id).toBe(made.image.id)
    expect(tars.layers.map(layer => layer.descriptor.digest)).toEqual(made.layers.map(layer => layer.tar))
    expect(unpacked(tars.out)).toEqual(shown)
  }
})

test('the same packages make the same image, in whatever order they are named', async () => {
  const ground = new Ground()
  for (const name of ['a', 'b', 'c', 'd']) await ground.make(name, '1', { [`share/${name}`]: name })
  await ground.make('e', '1', { 'share/e': 'e' }, ['a'])
  const { image } = await write(ground, 'one', ['e', 'b', 'c', 'd'], 3)
  for (const names of [
    ['d', 'c', 'b', 'e'],
    ['a', 'b', 'c', 'd', 'e'],
    ['c', 'e', 'd', 'b', 'a'],
  ])
    expect((await write(ground, names.join(''), names, 3)).image).toEqual(image)
})

test('umoci unpacks 130 packages from 100 layers, and skopeo takes them', async () => {
  const ground = new Ground()
  const names = Array.from({ length: 130 }, (_, index) => `p${index}`)
  for (const [index, name] of names.entries()) {
    const text = name.padEnd(10 * index + 10, 'x')
    await ground.make(name, '1', { [`share/${name}`]: text, 'share/same': 'same' }, index === 0 ? [] : ['p0'])
  }
  const plain = await write(ground, 'plain', names, 130)
  const { out, layers, merged } = await write(ground, 'made', names, MAX_LAYERS)
  expect(layers.length).toBe(100)
  expect(layers.at(-1)).toBe(merged)
  const shown = unpacked(plain.out)
  expect(unpacked(out)).toEqual(shown)
  for (const from of [`oci:${out}:1`, `docker-archive:${out}.docker`])
    execFileSync('skopeo', ['--insecure-policy', 'copy', from, `oci:${out}.copy:1`], { stdio: 'pipe' })
  expect(unpacked(`${out}.copy`)).toEqual(shown)
})
