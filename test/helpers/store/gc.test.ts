import { spawn, spawnSync } from 'node:child_process'
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { type Sha256, sha256 } from '../../../core/digest.ts'
import { formatProcess, isRunning, nameOf } from '../../../core/process-name.ts'
import { distfilePath, packagePath, treePath } from '../../../core/store.ts'
import { markBuilt } from '../../../helpers/store/built.ts'
import { findContent } from '../../../helpers/store/content.ts'
import { bytesOf, storeEntries } from '../../../helpers/store/entries.ts'
import { gc, gcPlan } from '../../../helpers/store/gc.ts'
import { lockStore } from '../../../helpers/store/lock.ts'
import { holdTree } from '../../../helpers/store/roots.ts'
import { useStore, useStoreFor } from '../../../helpers/store/use.ts'
import { verifyStore } from '../../../helpers/store/verify.ts'
import { DEAD, partBy, UNSEEN } from '../../support/part.ts'
import { holdPackages, Store } from './store.ts'

let store: Store

beforeEach(() => {
  store = new Store()
})

afterEach(() => {
  vi.useRealTimers()
  store.remove()
})

const size = (): number => bytesOf(storeEntries(store.root).entries)
const kept = (): readonly string[] =>
  storeEntries(store.root).entries.map(({ kind, name }) => `${kind} ${name}`)

async function isWhole(): Promise<boolean> {
  for await (const found of verifyStore(store.root)) if ('why' in found) return false
  return true
}

test('who uses the store gives signs of life for those who cannot see him', async () => {
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] })
  await useStore(store.root, async use => {
    await use.need({ distfiles: [sha256('x')] })
    const [name = ''] = readdirSync(join(store.root, 'uses'))
    const path = join(store.root, 'uses', name)
    utimesSync(path, 1, 1)
    vi.advanceTimersByTime(20_000)
    expect(Date.now() - statSync(path).mtimeMs).toBeLessThan(60_000)
  })
  expect(vi.getTimerCount()).toBe(0)
})

describe('what is freed', () => {
  test('is what was used least recently, and no more than the budget asks for', async () => {
    const [a, b, c] = ['a', 'b', 'c'].map(text => store.source(text.repeat(50_000)))
    store.use('distfiles', a as Sha256)
    const plan = await gc(store.root, size() - 1)
    expect(plan.free.map(({ name }) => name)).toEqual([b])
    expect(kept()).toEqual([a, c].map(name => `distfiles ${name}`).sort())
    expect(plan.after).toBe(size())
    expect((await gc(store.root, size())).free).toEqual([])
  })

  test('is what came last behind all others, however old its file says it is', async () => {
    rmSync(join(store.root, 'used', `distfiles.${store.source('x')}`))
    await sleep(20) // the clock of a file system may be a slow one
    const came = sha256('came')
    writeFileSync(distfilePath(store.root, came), 'came')
    utimesSync(distfilePath(store.root, came), 1, 1)
    const [first] = (await gc(store.root, size() - 1)).free
    expect(first?.name).toBe(sha256('x'))
  })

  test('is everything when the budget is 0, with keys, notes and marks', async () => {
    const { hash, tar } = await store.package('make')
    markBuilt(store.root, hash, tar)
    store.source('x')
    const plan = await gc(store.root, 0)
    expect(plan.after).toBe(0)
    expect(plan.stay).toEqual([])
    for (const folder of ['packages', 'trees', 'distfiles', 'contents', 'used'])
      expect(readdirSync(join(store.root, folder)), folder).toEqual([])
  })

  test('is only told of in a plan', async () => {
    await store.package('make')
    const before = kept()
    expect(gcPlan(store.root, 0).free.length).toBe(before.length)
    expect(kept()).toEqual(before)
  })

  test('counts a file of two names once, and frees its bytes with the last name', async () => {
    const { hash, tar } = await store.package('make', 300_000)
    spawnSync('ln', [packagePath(store.root, hash), packagePath(store.root, sha256('twin'))])
    const one = storeEntries(store.root).entries.filter(({ kind }) => kind === 'packages')
    expect(one.length).toBe(2)
    expect(bytesOf(one)).toBe(bytesOf(one.filter(({ name }) => name === hash)))
    holdPackages(store.root, store.root, [sha256('twin')])
    const plan = await gc(store.root, 0)
    expect(plan.after).toBe(bytesOf(storeEntries(store.root).entries))
    expect(existsSync(treePath(store.root, tar))).toBe(false)
  })

  test('is never what has no name of ours, and no symlink is followed', async () => {
    const outside = join(store.root, 'outside')
    mkdirSync(outside)
    writeFileSync(join(outside, 'precious'), 'x')
    mkdirSync(join(store.root, 'trees'))
    mkdirSync(join(store.root, 'packages'))
    symlinkSync(outside, join(store.root, 'trees', sha256('tree')))
    symlinkSync(join(outside, 'precious'), packagePath(store.root, sha256('package')))
    const odd = ['two\nlines', '-rf', '..x', `${sha256('x')}\n`, 'a'.repeat(200)]
    for (const name of odd) writeFileSync(join(store.root, 'packages', name), '')
    const part = join(store.root, 'distfiles/.partial/mine')
    mkdirSync(join(part, '..'), { recursive: true })
    writeFileSync(part, '')
    spawnSync('touch', ['-d', '2 hours ago', part])
    await gc(store.root, 0)
    expect(existsSync(part)).toBe(true)
    expect(readFileSync(join(outside, 'precious'), 'utf8')).toBe('x')
    expect(readdirSync(join(store.root, 'trees'))).toEqual([])
    expect(readdirSync(join(store.root, 'packages')).sort()).toEqual([...odd].sort())
  })

  test('is a package before its key: who finds a package finds that', async () => {
    const { hash, tar } = await store.package('make')
    markBuilt(store.root, hash, tar)
    const [found] = storeEntries(store.root).entries.filter(({ kind }) => kind === 'packages')
    const files = ['tar.gz', 'built', 'key'].map(end => join(store.root, 'packages', `${hash}.${end}`))
    expect(found?.paths).toEqual(files)
  })

  test('takes notes of packages that are gone along', async () => {
    const { hash } = await store.package('make')
    rmSync(packagePath(store.root, hash))
    rmSync(join(store.root, 'packages', `${hash}.key`))
    const plan = await gc(store.root, 1e9)
    expect(plan.free.map(({ kind }) => kind)).toEqual(['contents'])
  })

  test('is nothing of a part that is being fetched, and an old part that nobody fetches', async () => {
    const parts = join(store.root, 'distfiles/.partial')
    mkdirSync(parts, { recursive: true })
    const [mine, unseen] = [nameOf(process.pid), UNSEEN].map(one => partBy(one, sha256('a'))) as [
      string,
      string,
    ]
    const left = [partBy(DEAD, sha256('b')), sha256('c')]
    for (const name of [mine, unseen, ...left]) writeFileSync(join(parts, name), 'part')
    await gc(store.root, 0)
    expect(readdirSync(parts).sort()).toEqual([mine, unseen].sort())
    vi.useFakeTimers({ now: Date.now() + 11 * 60 * 1000, toFake: ['Date'] })
    await gc(store.root, 0)
    expect(readdirSync(parts)).toEqual([mine])
  })

  test('is what a dead process was writing or removing, and of one that cannot be seen after ten minutes', async () => {
    const child = spawn('sleep', ['1000'])
    const makers = [DEAD, UNSEEN, nameOf(child.pid as number)]
    const parts = makers.map(maker =>
      ['packages/x.tar.gz', 'trees/gone', 'distfiles/.partial/gone', 'roots/x', 'uses/x', 'devices'].map(
        name => partBy(maker, join(store.root, name)),
      ),
    )
    for (const path of parts.flat()) mkdirSync(join(path, 'half'), { recursive: true })
    // Somebody else's.
    const mine = join(store.root, `trees/mine.${DEAD.pid}.part`)
    writeFileSync(mine, '')
    const there = () => [...parts.flat(), mine].filter(existsSync)
    await gc(store.root, 0)
    expect(there()).toEqual([...parts.slice(1).flat(), mine])
    vi.useFakeTimers({ now: Date.now() + 11 * 60 * 1000, toFake: ['Date'] })
    await gc(store.root, 0)
    expect(there()).toEqual([...parts.slice(2).flat(), mine])
    const ended = new Promise(resolve => child.once('exit', resolve))
    child.kill('SIGKILL')
    await ended
    await gc(store.root, 0)
    expect(there()).toEqual([mine])
  })

  test('is what an earlier coolports was making or removing, after ten minutes', async () => {
    const hash = sha256('x')
    const parts = [
      `trees/.${hash}.0123abcd.17`,
      `skeletons/${hash}.17`,
      `distfiles/${hash}.17.part`,
      `incoming/${hash}.17.0123abcd`,
      'trees/.gone.17.4711.4026531836.1',
      'distfiles/.partial/.gone.17.4711.4026531836.2',
    ].map(name => join(store.root, name))
    for (const path of parts) mkdirSync(join(path, 'half'), { recursive: true })
    await gc(store.root, 0)
    expect(parts.filter(existsSync)).toEqual(parts)
    vi.useFakeTimers({ now: Date.now() + 11 * 60 * 1000, toFake: ['Date'] })
    await gc(store.root, 0)
    expect(parts.filter(existsSync)).toEqual([])
  })
})

describe('what stays', () => {
  test('is what a root holds, until its owner is gone', async () => {
    const [a, b] = [await store.package('a'), await store.package('b')]
    const owner = join(store.root, 'a venv')
    mkdirSync(owner)
    holdTree(store.root, owner, [a.tar])
    holdPackages(store.root, owner, [b.hash])
    const plan = await gc(store.root, 0)
    expect(kept().filter(name => !name.startsWith('contents'))).toEqual([
      `packages ${b.hash}`,
      `trees ${a.tar}`,
    ])
    expect(findContent(store.root, 'x')).toBeUndefined()
    expect(plan.stay.map(([, stay]) => stay)).toContainEqual({ why: 'held', by: owner })
    expect(plan.stay.map(([, stay]) => stay)).toContainEqual({ why: 'belongs', to: b.hash })
    rmSync(owner, { recursive: true })
    await gc(store.root, 0)
    expect(kept()).toEqual([])
    expect(readdirSync(join(store.root, 'roots'))).toEqual([])
  })

  test('is everything where a root cannot be read', async () => {
    await store.package('a')
    mkdirSync(join(store.root, 'roots'))
    writeFileSync(join(store.root, 'roots/odd'), '')
    expect((await gc(store.root, 0)).free).toEqual([])
  })

  test('is what a process needs as long as it does, be it there already or not', async () => {
    const { tar } = await store.package('a')
    const source = store.source('source')
    const later = sha256('later')
    await useStore(store.root, async use => {
      await use.need({ trees: [tar] })
      await use.need({ distfiles: [source, later] })
      expect((await gc(store.root, 0)).stay.map(([{ name }, { why }]) => [name, why])).toEqual(
        expect.arrayContaining([
          [tar, 'in use'],
          [source, 'in use'],
        ]),
      )
      store.source('later')
      await gc(store.root, 0)
      expect(existsSync(distfilePath(store.root, later))).toBe(true)
    })
    expect(readdirSync(join(store.root, 'uses'))).toEqual([])
    await gc(store.root, 0)
    expect(kept()).toEqual([])
  })

  test('is the skeleton of any root while a process uses the store', async () => {
    const skeleton = join(store.root, 'skeletons', sha256('bones'))
    mkdirSync(skeleton, { recursive: true })
    await useStore(store.root, async use => {
      await use.need({})
      await gc(store.root, 0)
      expect(existsSync(skeleton)).toBe(true)
    })
    await gc(store.root, 0)
    expect(existsSync(skeleton)).toBe(false)
  })

  test('is what was used while the lock was waited for', async () => {
    const [a, b] = [store.source('a'), store.source('b')]
    const lock = await lockStore(store.root)
    const freeing = gc(store.root, 0)
    store.use('distfiles', a)
    lock.release()
    expect((await freeing).free.map(({ name }) => name)).toEqual([b])
    expect(kept()).toEqual([`distfiles ${a}`])
  })

  test('is what another process was promised, until it ends', async () => {
    const source = store.source('source')
    const child = spawn('sleep', ['1000'])
    await useStoreFor(child.pid as number, store.root, { distfiles: [source] })
    await gc(store.root, 0)
    expect(kept()).toEqual([`distfiles ${source}`])
    const ended = new Promise(resolve => child.once('exit', resolve))
    child.kill('SIGKILL')
    await ended
    await gc(store.root, 0)
    expect(kept()).toEqual([])
    expect(readdirSync(join(store.root, 'uses'))).toEqual([])
  })

  test('is what a process of another container says it needs, unless it has been silent for long', async () => {
    const source = store.source('source')
    mkdirSync(join(store.root, 'uses'))
    const path = join(store.root, 'uses', '1.1.1.1-1')
    writeFileSync(path, `distfiles ${source}\nend`)
    await gc(store.root, 0)
    expect(kept()).toEqual([`distfiles ${source}`])
    spawnSync('touch', ['-d', '20 minutes ago', path])
    await gc(store.root, 0)
    expect(kept()).toEqual([])
  })

  test('is everything while a process runs that had no room to say what it needs', async () => {
    store.source('source')
    mkdirSync(join(store.root, 'uses'))
    const path = join(store.root, 'uses', `${formatProcess(nameOf(process.pid))}.1-1`)
    writeFileSync(path, '')
    expect((await gc(store.root, 0)).free).toEqual([])
    rmSync(path)
    // What it needs cannot be read.
    mkdirSync(path)
    expect((await gc(store.root, 0)).free).toEqual([])
    rmSync(path, { recursive: true })
    // Who is still writing it down has not looked at the lock yet.
    writeFileSync(join(store.root, 'uses', `.${process.pid}-1.part`), '')
    expect((await gc(store.root, 0)).free.length).toBe(1)
  })

  test('is written down apart from what a process of the same number in another container writes', async () => {
    const uses = join(store.root, 'uses')
    mkdirSync(uses)
    const theirs = Array.from({ length: 1000 }, (_, index) => `.${process.pid}-${index}.part`)
    for (const name of theirs) writeFileSync(join(uses, name), 'theirs')
    await useStore(store.root, use => use.need({ distfiles: [sha256('ours')] }))
    expect(theirs.every(name => readFileSync(join(uses, name), 'utf8') === 'theirs')).toBe(true)
  })
})

describe('the lock', () => {
  test('makes those wait who begin to use the store, for themselves or for another process', async () => {
    const lock = await lockStore(store.root)
    const order: string[] = []
    const use = useStore(store.root, async use => {
      await use.need({})
      order.push('used')
    })
    const useFor = useStoreFor(process.ppid, store.root, {}).then(() => order.push('used'))
    await new Promise(resolve => setTimeout(resolve, 50))
    order.push('released')
    lock.release()
    await Promise.all([use, useFor])
    expect(order).toEqual(['released', 'used', 'used'])
  })

  test('is one at a time, whoever asks', async () => {
    let holders = 0
    let most = 0
    await Promise.all(
      Array.from({ length: 20 }, async () => {
        const lock = await lockStore(store.root)
        most = Math.max(most, ++holders)
        await new Promise(resolve => setImmediate(resolve))
        holders--
        lock.release()
      }),
    )
    expect(most).toBe(1)
    expect(readdirSync(join(store.root, 'lock'))).toEqual([])
  })

  test('of a process that is dead is nobody’s', async () => {
    const { pid } = spawnSync('true')
    mkdirSync(join(store.root, 'lock'))
    const dead = `${pid}.1.${nameOf(process.pid).space}`
    symlinkSync(dead, join(store.root, 'lock/lock.7'))
    writeFileSync(join(store.root, 'lock/note'), '')
    await useStore(store.root, use => use.need({}))
    const lock = await lockStore(store.root)
    expect(readdirSync(join(store.root, 'lock'))).toEqual(['lock.8', 'note'])
    // What a dead one left does not hide who lives.
    symlinkSync(dead, join(store.root, 'lock/lock.7'))
    const order: string[] = []
    const next = lockStore(store.root).then(({ release }) => {
      order.push('next')
      release()
    })
    await new Promise(resolve => setTimeout(resolve, 50))
    order.push('released')
    lock.release()
    await next
    expect(order).toEqual(['released', 'next'])
  })
})

test('the lock of a process of another container is believed in, unless it is two minutes old', async () => {
  mkdirSync(join(store.root, 'lock'))
  symlinkSync('1.1.1', join(store.root, 'lock/lock.7'))
  let isUsed = false
  const use = useStore(store.root, async use => {
    await use.need({})
    isUsed = true
  })
  await new Promise(resolve => setTimeout(resolve, 50))
  expect(isUsed).toBe(false)
  vi.useFakeTimers({ now: Date.now() + 3 * 60 * 1000, toFake: ['Date'] })
  await use
  expect(isUsed).toBe(true)
})

test('a process is known by its start, too, for its number is given to others later', () => {
  const me = nameOf(process.pid)
  expect(isRunning(me)).toBe(true)
  expect(isRunning({ ...me, start: '1' })).toBe(false)
  expect(isRunning({ ...me, start: '-' })).toBe(true)
  expect(isRunning({ ...me, space: '1' })).toBeUndefined()
})

describe('killed at any moment', () => {
  test('it leaves a store that is whole, and the next one removes the remains', async () => {
    const script = join(store.root, 'gc.mjs')
    const { build } = await import('esbuild')
    await build({
      stdin: {
        contents: `import { gc } from './helpers/store/gc.ts'; await gc(process.argv[2], 0)`,
        resolveDir: '.',
        loader: 'ts',
      },
      outfile: script,
      bundle: true,
      platform: 'node',
      format: 'esm',
      banner: {
        js: "import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);",
      },
    })
    const FILES = 1500
    const trees = join(store.root, 'trees')
    const plant = (name: string): void => {
      mkdirSync(join(trees, name), { recursive: true })
      for (let file = 0; file < FILES; file++) writeFileSync(join(trees, name, `file ${file}`), '')
    }
    const visible = (): readonly string[] => readdirSync(trees).filter(name => !name.startsWith('.'))
    /** What is there, with as many files as it has; a count is taken of what is just being removed, too. */
    const state = (): string =>
      readdirSync(trees)
        .map(name => `${name} ${readdirSync(join(trees, name)).length}`)
        .join('\n')
    for (let round = 0; round < 4; round++) {
      for (let tree = 0; tree < 3; tree++) plant(sha256(`tree ${round} ${tree}`))
      const before = state()
      const child = spawn(process.execPath, [script, store.root], { stdio: 'ignore' })
      const ended = new Promise(resolve => child.once('exit', resolve))
      // In the very middle of it, whenever that comes on a busy machine.
      await expect
        .poll(
          () => {
            try {
              return state() !== before
            } catch {
              return true // it went while it was counted
            }
          },
          { timeout: 30_000, interval: 1 },
        )
        .toBe(true)
      child.kill('SIGKILL')
      await ended
      // Every tree that has its name has all that is in it.
      for (const name of visible()) expect(readdirSync(join(trees, name)).length).toBe(FILES)
    }
    await gc(store.root, 0)
    expect(kept()).toEqual([])
    expect(readdirSync(join(store.root, 'trees'))).toEqual([])
    expect(await isWhole()).toBe(true)
  })
})

test('two at once free each entry once, and neither fails', async () => {
  for (let count = 0; count < 50; count++) store.source(`source ${count}`)
  const plans = await Promise.all([gc(store.root, 0), gc(store.root, 0), gc(store.root, 0)])
  expect(kept()).toEqual([])
  for (const plan of plans) expect(plan.after).toBe(0)
})
