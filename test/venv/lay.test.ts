import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, describe, expect, test } from 'vitest'
import type { Sha256 } from '../../core/digest.ts'
import { type Merged, mergeLayers } from '../../helpers/sandbox/merge.ts'
import { type LayOptions, lay } from '../../helpers/venv/lay.ts'
import type { Layer } from '../../helpers/venv/layer.ts'

const made: string[] = []
afterEach(() => {
  for (const folder of made.splice(0)) rmSync(folder, { recursive: true, force: true })
})

/** A package of files by path; a text that starts with `->` is a symlink. */
function layer(name: string, files: Readonly<Record<string, string>>, level = 0): Layer {
  const path = mkdtempSync(join(tmpdir(), 'coolports layer-'))
  made.push(path)
  for (const [file, text] of Object.entries(files)) {
    mkdirSync(dirname(join(path, file)), { recursive: true })
    if (text.startsWith('->')) symlinkSync(text.slice(2), join(path, file))
    else writeFileSync(join(path, file), text)
  }
  const digest = '0'.repeat(64) as Sha256
  return { kind: 'package', name, version: '1-1', pkghash: digest, tar: digest, path, level }
}

const NO_CHOICE: LayOptions = { order: false, prefer: [], chosen: [] }

const conflicts = (layers: readonly Layer[], options: Partial<LayOptions> = {}) =>
  lay(layers, { ...NO_CHOICE, ...options }).conflicts

/** What a person sees: each path with the layer that it comes from, if it is one layer alone. */
const shown = (entries: readonly Merged[]): readonly string[] =>
  entries.map(one => (one.kind === 'folder' ? `${one.path}/` : `${one.path} ${one.layer} ${one.type}`))

describe('lay()', () => {
  test('lists what packages share entry by entry, and all else by its topmost folder', () => {
    const layers = [
      layer('a', { 'bin/a': 'a', 'share/doc/a/x': '' }),
      layer('b', { 'bin/b': 'b', 'share/doc/b/y': '', 'include/b/b.h': '' }),
    ]
    expect(shown(lay(layers, NO_CHOICE).entries)).toEqual([
      'bin/',
      'bin/a 0 file',
      'bin/b 1 file',
      'include/',
      'include/b 1 folder',
      'share/',
      'share/doc/',
      'share/doc/a 0 folder',
      'share/doc/b 1 folder',
    ])
  })

  test('gives what an overlay gives', () => {
    const layers = [
      layer('a', { 'lib/a': '', 'x/y': '', 'usr/bin/p': '' }),
      layer('b', { lib: '->elsewhere', x: 'a file' }),
      layer('c', { 'lib/c': '', 'x/z': '', 'bin/q': '' }),
    ]
    const whole = (merged: readonly { kind: string; path: string }[] | undefined) =>
      merged?.map(one => `${one.kind} ${one.path}`)
    const { entries } = lay(layers, { ...NO_CHOICE, order: true })
    const overlay = mergeLayers(
      layers.map(one => one.path),
      { isOpened: () => true },
    )
    expect(whole(entries)).toEqual(whole(overlay))
  })

  test('refuses different things at one path, each with all of its owners', () => {
    const layers = [
      layer('a', { 'bin/x': 'one', 'bin/same': 'same', etc: 'a file', 'bin/l': '->one' }),
      layer('b', { 'bin/x': 'two', 'bin/same': 'same', 'etc/b': '', 'bin/l': '->two' }),
      layer('c', { 'bin/x': 'one' }),
    ]
    expect(conflicts(layers)).toEqual([
      { path: 'bin/l', owners: ['a', 'b'] },
      { path: 'bin/x', owners: ['a', 'b', 'c'] },
      { path: 'etc', owners: ['a', 'b'] },
    ])
  })

  test('takes files of equal content and mode for one', () => {
    const files = { 'bin/x': 'one', 'bin/l': '->x' }
    const [a, b] = [layer('a', files), layer('b', files)]
    expect(conflicts([a, b])).toEqual([])
    chmodSync(join(b.path, 'bin/x'), 0o755)
    expect(conflicts([a, b])).toEqual([{ path: 'bin/x', owners: ['a', 'b'] }])
  })

  test('takes the order, a preference, or a choice by path for an answer', () => {
    const layers = [
      layer('a', { 'bin/x': 'one', 'bin/y': '1' }),
      layer('b', { 'bin/x': 'two', 'bin/y': '2' }),
    ]
    expect(conflicts(layers, { order: true })).toEqual([])
    expect(conflicts(layers, { prefer: ['a'] })).toEqual([])
    expect(conflicts(layers, { prefer: ['c'] })).toHaveLength(2)
    expect(conflicts(layers, { chosen: ['bin/x'] })).toEqual([{ path: 'bin/y', owners: ['a', 'b'] }])
  })

  test('lets a venv hide what those below it have', () => {
    const above = layer('a', { 'bin/x': 'above' })
    const below = [layer('b', { 'bin/x': 'below' }, 1), layer('c', { 'bin/x': 'deeper' }, 1)]
    expect(conflicts([above, ...below])).toEqual([])
    expect(shown(lay([above, ...below], NO_CHOICE).entries)).toEqual(['bin/', 'bin/x 0 file'])
  })
})
