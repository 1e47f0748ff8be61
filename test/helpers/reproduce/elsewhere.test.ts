import { execFileSync } from 'node:child_process'
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { freemem, tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { sha256 } from '../../../core/digest.ts'
import { makeElsewhere, parentFor } from '../../../helpers/reproduce/elsewhere.ts'
import { mayMountDisk, mountDisk } from '../../support/mount.ts'

const GB = 1024 ** 3

const top = mkdtempSync(join(tmpdir(), 'coolports-elsewhere-'))
// After all, when no disk is there any more.
afterAll(() => rmSync(top, { recursive: true }))

describe.runIf(mayMountDisk())('parentFor', () => {
  const memory = (bytes: number): string => {
    const folder = mkdtempSync(join(top, 'memory-'))
    mountDisk(folder, bytes)
    return folder
  }

  test.runIf(freemem() > 9 * GB)('is memory that has room', () => {
    const folder = memory(16 * GB)
    expect(parentFor(top, folder)).toBe(folder)
    expect(readdirSync(folder)).toEqual([])
  })

  test('is no memory of a few megabytes, as containers have it', () => {
    expect(parentFor(top, memory(64 * 1024 ** 2))).toBe(tmpdir())
  })

  test('is no memory from which no program may be run', () => {
    const folder = memory(16 * GB)
    execFileSync('mount', ['-o', 'remount,noexec', folder])
    expect(parentFor(top, folder)).toBe(tmpdir())
    expect(readdirSync(folder)).toEqual([])
  })
})

// A tree in memory is copied to TMPDIR, which here is in memory too, so that files can be linked.
describe.runIf(mayMountDisk())('makeElsewhere', () => {
  let disk: string
  let root: string
  beforeEach(() => {
    disk = mkdtempSync(join(top, 'disk-'))
    mountDisk(disk, 16 * 1024 ** 2)
    root = join(disk, 'tree')
    for (const folder of ['pkg', 'node_modules', '.store/distfiles', '.store/packages'])
      mkdirSync(join(root, folder), { recursive: true })
    writeFileSync(join(root, 'node_modules/.package-lock.json'), '{}')
    mkdirSync(join(disk, 'tmp'))
    vi.stubEnv('TMPDIR', join(disk, 'tmp'))
  })
  afterEach(() => vi.unstubAllEnvs())

  const make = () =>
    makeElsewhere({ root, store: join(root, '.store'), hashes: [], jobs: 2, clock: undefined })

  test('gives its user the files that only their owner may read', () => {
    const [open, secret] = [sha256('open'), sha256('secret')]
    for (const [digest, mode] of [
      [open, 0o444],
      [secret, 0o400],
    ] as const)
      writeFileSync(join(root, '.store/distfiles', digest), '', { mode })
    const elsewhere = make()
    const there = (digest: string) => statSync(join(elsewhere.root, '.store/distfiles', digest))
    expect(there(open)).toMatchObject({ nlink: 2, uid: 0 })
    expect(there(secret)).toMatchObject({ nlink: 1, uid: statSync(elsewhere.root).uid })
    elsewhere.remove()
  })

  test('has no other user where nobody else gets into TMPDIR', () => {
    const what = () => {
      const elsewhere = make()
      elsewhere.remove()
      return elsewhere.variations.map(one => one.what)
    }
    for (const folder of [top, disk]) chmodSync(folder, 0o755)
    expect(what()).toContain('user')
    chmodSync(disk, 0o700)
    expect(what()).not.toContain('user')
  })

  test('leaves nothing where the tree cannot be copied', () => {
    rmSync(join(root, '.store/packages'), { recursive: true })
    expect(make).toThrow('ENOENT')
    expect(readdirSync(join(disk, 'tmp'))).toEqual([])
  })
})
