import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { sequenceOf } from '../../../helpers/ipfs/name.ts'
import { nameKeyIn } from '../../../helpers/ipfs/name-key.ts'
import { lockNumber } from '../../../helpers/ipfs/number.ts'
import { publish } from '../../../helpers/ipfs/publish.ts'
import { recordsIn } from '../../../helpers/ipfs/record-folder.ts'
import { fillDisk, mayMountDisk, mountDisk } from '../../support/mount.ts'
import { folder } from '../fetch/support.ts'

const VALUE = '/ipfs/QmT78zSuBmuS4z925WZfrqQ1qHaJ56DQaTfyMUF7F8ff5o'

describe('publish()', () => {
  /** Publishes from a store; answers the number of its record, or why there is none. */
  const published = async (keyFile: string, store: string): Promise<bigint | string | undefined> => {
    // A home without a daemon of IPFS.
    const env = { HOME: folder() }
    const done = await publish({ value: VALUE, keyFile, lifetimeMs: 60_000, ttlMs: 0, store, env })
    if (!done.ok) return `${done.error.cannot}: ${done.error.why}`
    return sequenceOf(recordsIn(store).read(done.value.name) ?? new Uint8Array())
  }

  it('numbers the records of a key one after the other, whichever store they are published from', async () => {
    const keyFile = join(folder(), 'ipns/default.pem')
    const [one, two] = [folder(), folder()]
    expect(await published(keyFile, one)).toBe(0n)
    expect(await published(keyFile, one)).toBe(1n)
    expect(await published(keyFile, two)).toBe(2n)
    expect(readFileSync(join(keyFile, '../default.number'), 'utf8')).toBe('2\n')
    expect(await published(keyFile, one)).toBe(3n)
  })

  it('goes on from the record that the store has seen, where that is the newer one', async () => {
    const keyFile = join(folder(), 'default.pem')
    const store = folder()
    await published(keyFile, store)
    await published(keyFile, store)
    rmSync(join(keyFile, '../default.number'))
    expect(await published(keyFile, store)).toBe(2n)
  })

  it('waits for who takes a number of the key just now, be it the first', async () => {
    const keyFile = join(folder(), 'ipns/default.pem')
    const lock = await lockNumber(keyFile)
    if (!lock.ok) throw new Error(lock.error)
    const number = published(keyFile, folder())
    await sleep(100)
    writeFileSync(join(keyFile, '../default.number'), '41\n')
    lock.value.release()
    expect(await number).toBe(42n)
  })

  it('publishes nothing where the last number cannot be known, or not be written', async () => {
    const keyFile = join(folder(), 'default.pem')
    const number = join(keyFile, '../default.number')
    await published(keyFile, folder())
    writeFileSync(number, 'two\n')
    expect(await published(keyFile, folder())).toContain('it is no number')
    rmSync(number)
    mkdirSync(number)
    expect(await published(keyFile, folder())).toContain('it cannot be read (EISDIR)')
  })

  it.skipIf(!mayMountDisk())('makes no record of a number that could not be noted', async () => {
    const [disk, store] = [mkdtempSync(join(tmpdir(), 'coolports disk-')), folder()]
    mountDisk(disk, 1 << 16)
    const keyFile = join(disk, 'default.pem')
    await published(keyFile, store)
    fillDisk(disk)
    expect(await published(keyFile, store)).toContain('it cannot be written (ENOSPC)')
    const key = nameKeyIn(keyFile)
    expect(sequenceOf(recordsIn(store).read(key.ok ? key.value.name.text : '') ?? new Uint8Array())).toBe(0n)
  })
})
