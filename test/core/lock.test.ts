import { spawn, spawnSync } from 'node:child_process'
import {
  existsSync,
  lutimesSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test, vi } from 'vitest'
import { SILENCE_MS } from '../../core/heartbeat.ts'
import { type Lock, takeLock, tryLock, untilUnlocked } from '../../core/lock.ts'
import { startOf } from '../../core/process.ts'
import { formatProcess, nameOf, type ProcessName } from '../../core/process-name.ts'

/** What others do between the look of a bidder and its bid. */
const meanwhile = vi.hoisted(() => ({ happens: () => {} }))

vi.mock('node:fs', async original => {
  const fs = await original<typeof import('node:fs')>()
  const symlinkSync: typeof fs.symlinkSync = (target, path) => {
    const happens = meanwhile.happens
    meanwhile.happens = () => {}
    happens()
    fs.symlinkSync(target, path)
  }
  return { ...fs, symlinkSync }
})

const scratch = mkdtempSync(join(tmpdir(), 'coolports-lock-'))
const me = nameOf(process.pid)

afterAll(() => rmSync(scratch, { recursive: true, force: true }))

const newFolder = (): string => mkdtempSync(join(scratch, 'locked-'))

function take(folder: string): Lock {
  const lock = tryLock(folder)
  if (!lock.ok) throw new Error(`process ${lock.error.pid} has it`)
  return lock.value
}

/** The lock as somebody else holds it. */
function bid(folder: string, number: number, holder: ProcessName): string {
  const path = join(folder, `lock.${number}`)
  symlinkSync(formatProcess(holder), path)
  return path
}

const dead = (): ProcessName => ({ ...me, pid: spawnSync('true').pid, start: '1' })

test('who comes second is told the process of the first, until that one releases', () => {
  const folder = newFolder()
  const first = take(folder)
  expect(tryLock(folder)).toEqual({ ok: false, error: me })
  first.release()
  take(folder).release()
  expect(readdirSync(folder)).toEqual([])
})

test.skipIf(startOf(process.pid) === undefined)(
  'a lock tells whose it is, and since when that process is there, for its number may come again',
  () => {
    const folder = newFolder()
    const lock = take(folder)
    const start = startOf(process.pid)
    expect(readlinkSync(join(folder, 'lock.1'))).toBe(`${process.pid}.${start}.${me.space}`)
    lock.release()
  },
)

test('a holder that is dead is outbid, and its lock goes', () => {
  const folder = newFolder()
  bid(folder, 4, dead())
  const lock = take(folder)
  expect(readdirSync(folder)).toEqual(['lock.5'])
  lock.release()
})

test('dead holders are outbid by their numbers, of which 10 is more than 9', () => {
  const folder = newFolder()
  for (const number of [9, 10]) bid(folder, number, dead())
  const lock = take(folder)
  expect(readdirSync(folder)).toEqual(['lock.11'])
  lock.release()
})

test.skipIf(!existsSync('/proc/self/stat'))(
  'a holder that is dead, and that nobody has asked after, is outbid',
  () => {
    const folder = newFolder()
    // The shell becomes a program that never asks, before that one ends.
    const parent = spawn('sh', ['-c', 'sleep 0.3 & echo $! >"$1"; exec sleep 60', 'sh', join(folder, 'pid')])
    try {
      const pid = () =>
        Number(existsSync(join(folder, 'pid')) ? readFileSync(join(folder, 'pid'), 'utf8') : 0)
      while (pid() === 0 || !/^\d+ \(sleep\) Z/.test(readFileSync(`/proc/${pid()}/stat`, 'utf8')));
      bid(folder, 1, nameOf(pid()))
      take(folder).release()
    } finally {
      parent.kill()
    }
  },
)

test('another process with the id of a dead holder is no holder', () => {
  const folder = newFolder()
  const other = spawn('sleep', ['60'])
  const name = nameOf(other.pid ?? 0)
  bid(folder, 1, { ...name, start: '1' })
  take(folder).release()
  bid(folder, 1, { ...name, start: '-' })
  expect(tryLock(folder)).toEqual({ ok: false, error: { ...name, start: '-' } })
  other.kill()
})

test('a holder in another container is one while it gives signs of life, though its id means nothing here', () => {
  const folder = newFolder()
  const path = bid(folder, 1, { ...me, space: '1' })
  expect(tryLock(folder)).toEqual({ ok: false, error: { ...me, space: '1' } })
  const seconds = (Date.now() - SILENCE_MS) / 1000
  lutimesSync(path, seconds, seconds)
  take(folder).release()
})

test('who took the lock under a lower number meanwhile keeps it', () => {
  const folder = newFolder()
  bid(folder, 3, dead())
  const other = spawn('sleep', ['60'])
  meanwhile.happens = () => {
    // Somebody outbids the dead one too, is done, and leaves none to be outbid by the next.
    rmSync(join(folder, 'lock.3'), { force: true })
    bid(folder, 1, nameOf(other.pid ?? 0))
  }
  expect(tryLock(folder)).toMatchObject({ ok: false, error: { pid: other.pid } })
  expect(readdirSync(folder)).toEqual(['lock.1'])
  other.kill()
})

test('of two who bid the same number at once it is one', () => {
  const folder = newFolder()
  const other = spawn('sleep', ['60'])
  meanwhile.happens = () => bid(folder, 1, nameOf(other.pid ?? 0))
  expect(tryLock(folder)).toMatchObject({ ok: false, error: { pid: other.pid } })
  other.kill()
})

test('who has lost it knows, takes it away from nobody, and gives no signs of life any more', () => {
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] })
  try {
    const folder = newFolder()
    const lock = take(folder)
    expect(lock.isHeld).toBe(true)
    rmSync(join(folder, 'lock.1'))
    expect(lock.isHeld).toBe(false)
    bid(folder, 1, nameOf(process.ppid))
    lock.release()
    expect(readdirSync(folder)).toEqual(['lock.1'])
    expect(vi.getTimerCount()).toBe(0)
  } finally {
    vi.useRealTimers()
  }
})

test('who wants it in any case, or its end, waits for it', async () => {
  const folder = newFolder()
  const first = take(folder)
  const ended: string[] = []
  const waits = [
    takeLock(folder).then(lock => {
      ended.push('taken')
      return lock
    }),
    untilUnlocked(folder).then(() => ended.push('unlocked')),
  ] as const
  await new Promise(resolve => setTimeout(resolve, 100))
  expect(ended).toEqual([])
  first.release()
  const lock = await waits[0]
  expect(tryLock(folder)).toEqual({ ok: false, error: me })
  lock.release()
  await waits[1]
  expect(readdirSync(folder)).toEqual([])
})

test('what else has the name of a lock holds nobody up', () => {
  for (const put of [
    (path: string) => writeFileSync(path, '{"pid":'),
    (path: string) => spawnSync('mkfifo', [path]),
    (path: string) => symlinkSync('elsewhere', path),
  ]) {
    const folder = newFolder()
    put(join(folder, 'lock.1'))
    take(folder).release()
    expect(readdirSync(folder)).toEqual([])
  }
})
