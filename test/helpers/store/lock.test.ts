import { spawn, spawnSync } from 'node:child_process'
import { mkdtempSync, readdirSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test, vi } from 'vitest'
import { takeLock } from '../../../helpers/store/lock.ts'
import { formatProcess, nameOf } from '../../../helpers/store/process.ts'

/** What others do between the look of a bidder and its bid. */
const meanwhile = vi.hoisted(() => ({ happens: () => {} }))

vi.mock('node:fs', async original => {
  const fs = await original<typeof import('node:fs')>()
  const symlinkBy: typeof fs.symlinkSync = (target, path) => {
    meanwhile.happens()
    fs.symlinkSync(target, path)
  }
  return { ...fs, symlinkSync: symlinkBy }
})

const folder = mkdtempSync(join(tmpdir(), 'coolports-lock-'))

afterAll(() => rmSync(folder, { recursive: true, force: true }))

test('who took a lock under a lower number meanwhile keeps it until it is given back', async () => {
  const { pid: dead } = spawnSync('true')
  symlinkSync(`${dead}.1.${nameOf(process.pid).space}`, join(folder, '3'))
  const other = spawn('sleep', ['60'])
  meanwhile.happens = () => {
    meanwhile.happens = () => {}
    // Somebody outbids the dead one too, is done, and leaves none to be outbid by the next.
    rmSync(join(folder, '3'), { force: true })
    symlinkSync(formatProcess(nameOf(other.pid ?? 0)), join(folder, '1'))
  }
  let isTaken = false
  const taking = takeLock(folder).then(lock => {
    isTaken = true
    return lock
  })
  await new Promise(resolve => setTimeout(resolve, 100))
  expect(isTaken).toBe(false)
  expect(readdirSync(folder)).toEqual(['1'])
  other.kill()
  const lock = await taking
  expect(readdirSync(folder).length).toBe(1)
  lock.release()
  expect(readdirSync(folder)).toEqual([])
})
