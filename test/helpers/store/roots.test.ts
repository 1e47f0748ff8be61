import { mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { sha256 } from '../../../core/digest.ts'
import { partOf } from '../../../core/part.ts'
import { holdTree, liveRoots, sweepRoots } from '../../../helpers/store/roots.ts'
import { holdPackages } from './store.ts'

let top = ''
let store = ''

beforeEach(() => {
  top = mkdtempSync(join(tmpdir(), 'coolports roots-'))
  store = join(top, 'store')
})

afterEach(() => rmSync(top, { recursive: true }))

const held = () => liveRoots(store).map(({ owner, trees, packages }) => ({ owner, trees, packages }))

describe('a root', () => {
  test.each(['venv', 'my venv', '-rf', 'two\nlines', 'quote" and \\', 'ünïcode', 'x'.repeat(250)])(
    'of the owner %j holds what was said last, until the owner is gone',
    name => {
      const owner = join(top, name)
      mkdirSync(owner)
      holdTree(store, owner, [sha256('a')])
      holdTree(store, owner, [sha256('b'), sha256('c')])
      holdPackages(store, owner, [sha256('p')])
      expect(held()).toEqual(
        expect.arrayContaining([
          { owner, trees: [sha256('b'), sha256('c')], packages: [] },
          { owner, trees: [], packages: [sha256('p')] },
        ]),
      )
      expect(held().length).toBe(2)
      rmSync(owner, { recursive: true })
      expect(held()).toEqual([])
      sweepRoots(store)
      expect(readdirSync(join(store, 'roots'))).toEqual([])
    },
  )

  test('counts as long as its owner may be there: a dangling symlink is somebody, too', () => {
    const owner = join(top, 'link')
    symlinkSync('nowhere', owner)
    holdTree(store, owner, [sha256('a')])
    expect(held().length).toBe(1)
  })

  test('counts where nobody can tell whether its owner is there', () => {
    symlinkSync('loop', join(top, 'loop'))
    holdTree(store, join(top, 'loop/venv'), [sha256('a')])
    sweepRoots(store)
    expect(held().length).toBe(1)
  })

  test('counts no more where a file stands in place of a folder above its owner', () => {
    writeFileSync(join(top, 'file'), '')
    holdTree(store, join(top, 'file/venv'), [sha256('a')])
    expect(held()).toEqual([])
  })

  test('that cannot be read holds everything: nobody knows what was meant', () => {
    mkdirSync(join(store, 'roots'), { recursive: true })
    const texts = [
      '',
      'owner: nobody\n',
      'owner: "relative"\n',
      `owner: ${JSON.stringify(top)}\ntree: short\n`,
      `owner: ${JSON.stringify(top)}\npackage: short\n`,
      `owner: ${JSON.stringify(top)}\nwhat\n`,
      `owner: ${JSON.stringify(top)}\n\nowner: ${JSON.stringify(top)}\n`,
    ]
    for (const [index, text] of texts.entries()) writeFileSync(join(store, 'roots', `r${index}`), text)
    mkdirSync(join(store, 'roots/folder'))
    expect(held().map(({ owner }) => owner)).toEqual(Array(texts.length + 1).fill(undefined))
    sweepRoots(store)
    expect(held().length).toBe(texts.length + 1)
  })

  test('may be written by others, under any name', () => {
    mkdirSync(join(store, 'roots'), { recursive: true })
    writeFileSync(join(store, 'roots/by hand'), `# mine\nowner: "${top}"\ntree: ${sha256('a')}\n`)
    expect(held()).toEqual([{ owner: top, trees: [sha256('a')], packages: [] }])
  })

  test('holds nothing while it is written, or when it is gone since its name was read', () => {
    mkdirSync(join(store, 'roots'), { recursive: true })
    writeFileSync(partOf(join(store, 'roots/new')), 'owner: "/')
    symlinkSync('nowhere', join(store, 'roots/gone'))
    expect(held()).toEqual([])
  })

  test('has an absolute owner', () => {
    expect(() => holdTree(store, 'venv', [])).toThrow()
  })
})
