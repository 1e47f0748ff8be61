import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { sha256 } from '../../../core/digest.ts'
import { type Message, quoted } from '../../../core/message.ts'
import { ok, refuse } from '../../../core/result.ts'
import { packagePath } from '../../../core/store.ts'
import { Broken } from '../../../helpers/cache/failure.ts'
import { makeKey } from '../../../helpers/cache/minisign.ts'
import { packageName, recordName } from '../../../helpers/cache/names.ts'
import { Notes } from '../../../helpers/cache/notes.ts'
import { obtain } from '../../../helpers/cache/obtain.ts'
import type { Place } from '../../../helpers/cache/place.ts'
import type { CacheRecord } from '../../../helpers/cache/record.ts'
import { leftOut, type Run } from '../../../helpers/cache/search.ts'
import { unverifiedRecord } from '../../../helpers/cache/signed-record.ts'
import { packTree } from '../../../helpers/tar/pack.ts'
import { keyOf, pkgKeyText } from '../../support/pkgkey.ts'
import { recordOf } from '../../support/record.ts'
import { type Files, honest } from './good.ts'

// Which of several places gives a package, by places without a network that do what their script says.

/** Whether the file system keeps modes. */
const disk = vi.hoisted(() => ({ keepsModes: true }))
vi.mock('../../../core/mode.ts', async original => ({
  ...(await original<typeof import('../../../core/mode.ts')>()),
  takesModes: () => disk.keepsModes,
}))

let folder: string
let files: Files
let told: Message[]
let run: Omit<Run, 'places'> & { readonly store: string }

const keyText = pkgKeyText({ name: 'one' })
const hash = sha256(keyText)
const wanted = {
  key: keyOf(keyText),
  name: 'one',
  version: '1-1',
}
const alice = makeKey().key
const bob = makeKey().key

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'obtain-'))
  mkdirSync(join(folder, 'run'))
  writeFileSync(join(folder, 'run/ask'), '')
  files = await by(alice, 'one')
  told = []
  disk.keepsModes = true
  run = {
    store: join(folder, 'store'),
    notes: new Notes({ REDO_RUN: join(folder, 'run') }, join(folder, 'store')),
    keys: [
      { key: alice.public, name: 'alice' },
      { key: bob.public, name: 'bob' },
    ],
    quorum: 1,
    spotCheck: 0,
    today: '2026-01-01',
    patienceMs: 10_000,
    patience: { firstByteMs: 60_000, idleMs: 60_000, leastBytes: 1 },
    headStartMs: 50,
    tell: message => told.push(message),
  }
})
afterEach(() => rmSync(folder, { recursive: true }))

/** What a builder who has built the package has put into a cache. */
async function by(
  key: typeof alice,
  name: string,
  text = 'the bytes',
  others: Partial<CacheRecord> = {},
): Promise<Files> {
  const tree = join(folder, `tree-${key.public.id}`)
  mkdirSync(tree)
  writeFileSync(join(tree, 'file'), text)
  const file = join(folder, 'pkg.tar.gz')
  rmSync(file, { force: true })
  const packed = await packTree(tree, file)
  if (!packed.ok) throw new Error('not packed')
  const body = readFileSync(file)
  const record = { ...recordOf({ name, hash, tar: packed.value.digest, body, key }), ...others }
  return honest({ folder, hash, record, key, body, keyText })
}

interface Script {
  /** When it says what it has. */
  readonly wordMs?: number
  /** How it gives the package: whole, after a while; or not. */
  readonly gives?: 'at once' | 'silence' | 'a part' | 'slowly' | `after ${number}`
  readonly files?: Files
  /** How long it takes to say that it has no package. */
  readonly missMs?: number
}

/** With how often it was `heard` of a builder's word, `asked` for the package, and `left` by who had asked. */
class Scripted implements Place {
  readonly name: string
  readonly #script: Script
  heard = 0
  asked = 0
  left = 0

  constructor(name: string, script: Script) {
    this.name = name
    this.#script = script
  }

  async open(file: string, signal: AbortSignal) {
    const { wordMs = 0, gives = 'at once', missMs = 0 } = this.#script
    const body = (this.#script.files ?? files)[file]
    if (file !== packageName(hash)) {
      this.heard += 1
      signal.addEventListener('abort', () => {
        this.left += 1
      })
      await sleep(wordMs, undefined, { signal })
    }
    if (file === packageName(hash)) await sleep(missMs)
    if (body === undefined) return refuse({ kind: 'absent' } as const)
    const bytes = Buffer.from(body)
    if (file !== packageName(hash)) return ok({ bytes: once(bytes), length: bytes.length, close: () => {} })
    this.asked += 1
    return ok({ bytes: this.#given(bytes, gives, signal), length: bytes.length, close: () => {} })
  }

  async *#given(bytes: Buffer, gives: string, signal: AbortSignal) {
    try {
      if (gives === 'a part') yield bytes.subarray(0, 20)
      // 200 bytes a second.
      for (let at = 0; gives === 'slowly' && at < bytes.length; at += 20) {
        yield bytes.subarray(at, at + 20)
        await sleep(100, undefined, { signal })
      }
      if (gives === 'slowly') return
      const ms = gives === 'at once' ? 0 : Number(gives.split('after ')[1] ?? 120_000)
      await sleep(ms, undefined, { signal })
      yield bytes
    } catch {
      this.left += 1
      throw new Broken({ kind: 'unreachable', why: 'left' })
    }
  }

  async close() {}
}

async function* once(bytes: Buffer) {
  yield bytes
}

/** Who gave the package, or why nobody did. */
async function from(...places: readonly Scripted[]): Promise<string> {
  const outcome = await obtain(wanted, { ...run, places })
  if (outcome.kind === 'not here') return outcome.said.map(part => part.join(': ')).join('; ')
  return outcome.claim.place
}

const incoming = () => readdirSync(join(folder, 'store/incoming'))

describe('a package of which several speak', () => {
  test('is asked of the next one the sooner, the more of them are silent', async () => {
    const mute = Array.from({ length: 8 }, (_, at) => new Scripted(`mute ${at}`, { gives: 'silence' }))
    const started = performance.now()
    run = { ...run, headStartMs: 400 }
    expect(await from(...mute, new Scripted('good', {}))).toBe('good')
    expect(performance.now() - started).toBeLessThan(8 * 400)
  })

  test('is had from the next one where the first is silent, which is left then', async () => {
    const mute = [new Scripted('a', { gives: 'silence' }), new Scripted('b', { gives: 'silence' })] as const
    const good = new Scripted('c', {})
    expect(await from(...mute, good)).toBe('c')
    expect([...mute, good].map(({ asked }) => asked)).toEqual([1, 1, 1])
    await vi.waitFor(() => expect(mute.map(({ left }) => left)).toEqual([1, 1]))
    expect(incoming()).toEqual([])
    expect(told).toEqual([])
  })

  test('is no lie where the disk of the store does not keep its modes', async () => {
    disk.keepsModes = false
    expect(await from(new Scripted('a', {}))).toBe('a: it, but the disk did not take it')
    expect(told.map(({ why }) => why)).toEqual(['its file system does not keep the modes of files'])
    expect(run.notes.read(leftOut('a'))).toBeUndefined()
  })

  test('is had at once from the next one where the first has kept others waiting in this run', async () => {
    run = { ...run, headStartMs: 200 }
    const slow = { gives: 'after 60000' } as const
    expect(await from(new Scripted('a', slow), new Scripted('b', {}))).toBe('b')
    rmSync(packagePath(run.store, hash))
    run = { ...run, headStartMs: 60_000 }
    expect(await from(new Scripted('a', slow), new Scripted('b', { wordMs: 50 }))).toBe('b')
    rmSync(packagePath(run.store, hash))
    // What it alone has it gives.
    expect(await from(new Scripted('a', { gives: 'after 200' }), new Scripted('b', { files: {} }))).toBe('a')
    expect(run.notes.read(leftOut('a'))).toBeUndefined()
  })

  test('is asked of who has kept others waiting after the rest of a quorum', async () => {
    run = { ...run, quorum: 2, headStartMs: 200 }
    const bobs = await by(bob, 'one')
    for (const asked of [1, 0]) {
      const slow = new Scripted('a', { gives: 'after 60000' })
      expect(await from(slow, new Scripted('b', { files: bobs }))).toBe('b')
      expect(slow.asked).toBe(asked)
      rmSync(packagePath(run.store, hash))
      run = { ...run, headStartMs: 60_000 }
    }
  })

  test('is had from who made a pause, where that one begins first', async () => {
    const late = new Scripted('a', { gives: 'after 200' })
    const mute = new Scripted('b', { gives: 'silence' })
    expect(await from(late, mute)).toBe('a')
    expect(mute.asked).toBe(1)
  })

  test('is had once, where two have begun to give it', async () => {
    const closed: string[] = []
    const places = ['a', 'b'].map(name => {
      const place = new Scripted(name, {})
      const open = place.open.bind(place)
      // It does not hear that nobody waits for it any more.
      place.open = async (file, _) => {
        const opened = await open(file, new AbortController().signal)
        if (!opened.ok || file !== packageName(hash)) return opened
        await sleep(name === 'a' ? 200 : 100)
        return ok({ ...opened.value, close: () => closed.push(name) })
      }
      return place
    })
    expect(await from(...places)).toBe('b')
    await vi.waitFor(() => expect(closed).toContain('a'))
  })

  test('is asked of one alone, where that one gives it', async () => {
    const other = new Scripted('b', {})
    expect(await from(new Scripted('a', {}), other)).toBe('a')
    expect(other.asked).toBe(0)
  })

  test('is not here once each has had its time; what they said is told', async () => {
    run = { ...run, patience: { ...run.patience, firstByteMs: 100, idleMs: 100 } }
    const places = [new Scripted('a', { gives: 'silence' }), new Scripted('b', { gives: 'a part' })]
    const said = await from(...places, new Scripted('c', { files: {} }))
    expect(said.split('; ').sort()).toEqual([
      'a: nothing within 0.1 s',
      'b: too little to wait for within 0.1 s, after 20 B',
      'c: no record by a trusted key',
    ])
  })
})

describe('who was not heard when the others had decided', () => {
  const mute = () => new Scripted('a', { gives: 'silence' })

  test('gives the package, where those who have it are silent', async () => {
    expect(await from(mute(), new Scripted('b', { wordMs: 100 }))).toBe('b')
  })

  test('is not asked where they give it', async () => {
    const late = new Scripted('b', { wordMs: 100 })
    expect(await from(new Scripted('a', {}), late)).toBe('a')
    await sleep(150)
    expect([late.asked, late.left]).toEqual([0, 2])
  })

  test('is waited for as long as all are', async () => {
    run = { ...run, patienceMs: 150, patience: { ...run.patience, firstByteMs: 300 } }
    const never = new Scripted('b', { wordMs: 120_000 })
    // One that says nothing whoever asks, and does not heed that nobody waits any more.
    never.open = () => new Promise(() => {})
    expect(await from(mute(), never)).toBe('b: nothing within 0.15 s; a: nothing within 0.3 s')
  })

  test('is judged with those before: what builders do not agree about is taken from nobody', async () => {
    const other = new Scripted('b', { wordMs: 100, files: await by(bob, 'one', 'other bytes') })
    expect(await from(mute(), other)).toMatch(/^alice: tar sha256 \w+; bob: tar sha256 \w+$/)
    expect(told.map(({ why }) => why)).toEqual([expect.stringContaining('DO NOT AGREE')])
  })

  test('is judged alone, where the one before has failed', async () => {
    const flawed = new Scripted('a', {
      files: { ...files, [packageName(hash)]: Buffer.alloc(files[packageName(hash)]?.length ?? 0) },
    })
    expect(
      await from(flawed, new Scripted('b', { wordMs: 100, files: await by(bob, 'one', 'other bytes') })),
    ).toBe('b')
    expect(flawed.heard).toBe(run.keys.length)
  })

  test('and calls the package by another name is believed nothing', async () => {
    const other = new Scripted('b', { wordMs: 100, files: await by(bob, 'two') })
    expect(await from(mute(), other)).toBe('all: a record with the name of another package')
    expect(told.map(({ why }) => why)).toEqual([`a trusted builder signed it as ${quoted('two-1-1')}`])
  })

  test('is kept with the package, as those before are', async () => {
    expect(await from(mute(), new Scripted('b', { wordMs: 100, files: await by(bob, 'one') }))).toBe('b')
    const kept = readdirSync(join(run.store, 'packages')).filter(name => name.endsWith('.minisig'))
    expect(kept.sort()).toEqual([alice, bob].map(key => `${hash}.${key.public.id}.minisig`).sort())
  })

  test('counts for a quorum with those before, that had decided by themselves', async () => {
    run = { ...run, quorum: 2 }
    const both = { ...files, ...(await by(bob, 'one')) }
    const silent = new Scripted('a', { gives: 'silence', files: both })
    expect(await from(silent, new Scripted('b', { wordMs: 100 }))).toBe('b')
  })

  test('is waited for by a quorum of those before, who have failed meanwhile', async () => {
    run = { ...run, quorum: 2, patience: { ...run.patience, firstByteMs: 100 } }
    const bobs = await by(bob, 'one')
    const both = [
      new Scripted('a', { gives: 'silence' }),
      new Scripted('b', { gives: 'silence', files: bobs }),
    ] as const
    const late = [
      new Scripted('c', { wordMs: 200 }),
      new Scripted('d', { wordMs: 300, files: bobs }),
    ] as const
    expect(await from(...both, ...late)).toBe('c')
  })

  test('and has nothing, late, was waited for by nobody while one may give it', async () => {
    run = { ...run, patienceMs: 300 }
    const slow = () => new Scripted('b', { wordMs: 150, files: {} })
    for (let count = 1; count <= 4; count++) {
      expect(await from(new Scripted('a', { gives: 'after 250' }), slow())).toBe('a')
      rmSync(packagePath(run.store, hash))
    }
    expect(told).toEqual([])
  })

  test('makes a quorum with one that has broken off', async () => {
    run = { ...run, quorum: 2, patience: { ...run.patience, idleMs: 100 } }
    const bobs = new Scripted('b', { wordMs: 50, files: await by(bob, 'one') })
    expect(await from(new Scripted('a', { gives: 'a part' }), bobs)).toBe('b')
  })
})

test.each(['the package', 'its record'])(
  '%s that is damaged is told with the package that it is of',
  async part => {
    const name = part === 'the package' ? packageName(hash) : recordName(hash, alice.public.id)
    const damaged = Buffer.from(files[name] ?? '')
    damaged[damaged.length - 40] = 0
    expect(await from(new Scripted('a', { files: { ...files, [name]: damaged } }))).toContain(
      'what is not true',
    )
    expect(told.map(({ facts }) => facts)).toEqual([
      [
        ['package', 'one-1-1'],
        ['pkghash', hash],
      ],
    ])
  },
)

test('one that has records and is slow to say that it has no package is left out at the third time', async () => {
  run = { ...run, patienceMs: 150 }
  const empty = Object.fromEntries(Object.entries(files).filter(([name]) => name !== packageName(hash)))
  for (let count = 1; count <= 3; count++) {
    expect(run.notes.read(leftOut('a'))).toBeUndefined()
    expect(await from(new Scripted('a', { files: empty, missMs: 100 }))).toContain('a: nothing')
  }
  expect(run.notes.read(leftOut('a'))).toBeDefined()
})

test.each([
  ['nothing', []],
  ['another package', [[packageName(hash), 'another']]],
] as const)('one that has records and gave %s keeps nobody waiting again in this run', async (_, gives) => {
  run = { ...run, headStartMs: 60_000 }
  const records = Object.entries(files).filter(([name]) => name !== packageName(hash))
  const has = Object.fromEntries([...records, ...gives])
  const msFor = async (missMs: number): Promise<number> => {
    const started = performance.now()
    expect(await from(new Scripted('a', { files: has, missMs }), new Scripted('b', {}))).toBe('b')
    rmSync(packagePath(run.store, hash))
    return performance.now() - started
  }
  expect(await msFor(200)).toBeGreaterThan(190)
  expect(await msFor(3000)).toBeLessThan(2000)
})

test('one that stalls two processes at once counts once', async () => {
  run = { ...run, patience: { ...run.patience, idleMs: 200 } }
  const stalling = (name: string) => new Scripted(name, { gives: 'a part' })
  await Promise.all([from(stalling('a')), from(stalling('a'))])
  expect(told.length).toBe(1)
  expect(await from(stalling('b'))).toContain('within 0.06 s')
})

test('where patience got shorter, less is wanted in that time', async () => {
  run = { ...run, patience: { ...run.patience, idleMs: 1000, leastBytes: 100 } }
  expect(await from(new Scripted('a', { gives: 'a part' }), new Scripted('b', { gives: 'slowly' }))).toBe('b')
})

test.each(['is not here', 'is here'])(
  'a package that is another tar than was signed is not taken, where the tree of that tar %s',
  async there => {
    run = { ...run, quorum: 2 }
    const [alices, before] = [files, unpackedTrees()]
    const { tar } = signedIn(alices[recordName(hash, alice.public.id)])
    if (there === 'is here') {
      expect(await from(new Scripted('both', { files: { ...alices, ...(await by(bob, 'one')) } }))).toBe(
        'both',
      )
      rmSync(packagePath(run.store, hash))
      rmSync(join(folder, `tree-${bob.public.id}`), { recursive: true })
    }
    const trees = unpackedTrees()
    const { [packageName(hash)]: _, ...word } = alices
    const bent = await by(bob, 'one', 'other bytes', { tar })
    const said = await from(new Scripted('a', { files: word }), new Scripted('b', { files: bent }))
    expect(said).toContain('b: what is not true: the package is not the tar that its record tells of')
    expect(existsSync(packagePath(run.store, hash))).toBe(false)
    expect([unpackedTrees(), before]).toEqual([trees, []])
  },
)

const unpackedTrees = () =>
  existsSync(join(run.store, 'trees')) ? readdirSync(join(run.store, 'trees')) : []

function signedIn(file: string | Uint8Array | undefined): CacheRecord {
  const record = unverifiedRecord(String(file))
  if (!record.ok) throw new Error(record.error)
  return record.value
}

test('a package in which a file is not set-uid that its key calls so is not taken', async () => {
  const key = { ...wanted.key, setuid: ['file'] }
  const outcome = await obtain({ ...wanted, key }, { ...run, places: [new Scripted('a', {})] })
  expect(outcome).toMatchObject({
    kind: 'not here',
    said: [['a', expect.stringContaining('what no package of this key holds: "file"')]],
  })
})

test('nobody can tell beforehand which packages a run checks', async () => {
  const outcomes = new Set<string>()
  for (let count = 0; count < 40; count++) {
    const notes = new Notes({ REDO_RUN: '' }, join(folder, `run ${count}`))
    const outcome = await obtain(wanted, { ...run, notes, spotCheck: 0.5, places: [new Scripted('a', {})] })
    outcomes.add(outcome.kind)
    rmSync(packagePath(run.store, hash), { force: true })
  }
  expect([...outcomes].sort()).toEqual(['here', 'to be compared'])
})

test('a record that has expired is told of once in a run, and is no word for its package', async () => {
  const old = await by(bob, 'one', 'the bytes', { expires: '2025-12-31' })
  for (let count = 0; count < 2; count++)
    expect(await from(new Scripted('a', { files: old }))).toBe('a: no record by a trusted key')
  expect(told.map(({ why }) => why)).toEqual(['it was said until 2025-12-31, and today is 2026-01-01'])
})
