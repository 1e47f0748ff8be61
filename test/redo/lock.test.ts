import { spawn, spawnSync } from 'node:child_process'
import {
  existsSync,
  linkSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test, vi } from 'vitest'
import { startOf } from '../../core/process.ts'
import { TreeLock } from '../../redo/lock.ts'

/** What others do between the look of a bidder and its bid. */
const meanwhile = vi.hoisted(() => ({ happens: () => {} }))

vi.mock('node:fs', async original => {
  const fs = await original<typeof import('node:fs')>()
  const linkSync: typeof fs.linkSync = (from, to) => {
    meanwhile.happens()
    fs.linkSync(from, to)
  }
  return { ...fs, linkSync }
})

const scratch = mkdtempSync(join(tmpdir(), 'redo-lock-'))

afterAll(() => rmSync(scratch, { recursive: true, force: true }))

test('who comes second is told the process of the first, until that one releases', () => {
  const folder = mkdtempSync(join(scratch, 'tree-'))
  const first = take(folder)
  expect(TreeLock.take(folder)).toBe(process.pid)
  first.release()
  take(folder).release()
  expect(readdirSync(folder)).toEqual([])
})

test.skipIf(startOf(process.pid) === undefined)(
  'a lock tells whose it is, and since when that process is there, for its number may come again',
  () => {
    const folder = mkdtempSync(join(scratch, 'tree-'))
    const lock = take(folder)
    expect(JSON.parse(readFileSync(join(folder, 'lock.1'), 'utf8'))).toEqual({
      pid: process.pid,
      start: startOf(process.pid),
    })
    lock.release()
  },
)

test('a holder that is dead is outbid, and its lock goes', () => {
  const folder = mkdtempSync(join(scratch, 'tree-'))
  const { pid } = spawnSync('true')
  writeFileSync(join(folder, 'lock.4'), JSON.stringify({ pid, start: '1' }))
  const lock = take(folder)
  expect(readdirSync(folder)).toEqual(['lock.5'])
  lock.release()
})

test('dead holders are outbid by their numbers, of which 10 is more than 9', () => {
  const folder = mkdtempSync(join(scratch, 'tree-'))
  const { pid } = spawnSync('true')
  for (const bid of [9, 10]) writeFileSync(join(folder, `lock.${bid}`), JSON.stringify({ pid, start: '1' }))
  const lock = take(folder)
  expect(readdirSync(folder)).toEqual(['lock.11'])
  lock.release()
})

test.skipIf(!existsSync('/proc/self/stat'))(
  'a holder that is dead, and that nobody has asked after, is outbid',
  () => {
    const folder = mkdtempSync(join(scratch, 'tree-'))
    // The shell becomes a program that never asks, before that one ends.
    const parent = spawn('sh', ['-c', 'sleep 0.3 & echo $! >"$1"; exec sleep 60', 'sh', join(folder, 'pid')])
    try {
      const pid = () =>
        Number(existsSync(join(folder, 'pid')) ? readFileSync(join(folder, 'pid'), 'utf8') : 0)
      while (pid() === 0 || !/^\d+ \(sleep\) Z/.test(readFileSync(`/proc/${pid()}/stat`, 'utf8')));
      writeFileSync(join(folder, 'lock.1'), JSON.stringify({ pid: pid(), start: startOf(pid()) }))
      take(folder).release()
    } finally {
      parent.kill()
    }
  },
)

test('another process with the id of a dead holder is no holder', () => {
  const folder = mkdtempSync(join(scratch, 'tree-'))
  const other = spawn('sleep', ['60'])
  writeFileSync(join(folder, 'lock.1'), JSON.stringify({ pid: other.pid, start: 'long ago' }))
  take(folder).release()
  writeFileSync(join(folder, 'lock.1'), JSON.stringify({ pid: other.pid, start: '' }))
  expect(TreeLock.take(folder)).toBe(other.pid)
  other.kill()
})

test('who took the lock under a lower number meanwhile keeps it', () => {
  const folder = mkdtempSync(join(scratch, 'tree-'))
  const { pid: dead } = spawnSync('true')
  writeFileSync(join(folder, 'lock.3'), JSON.stringify({ pid: dead, start: '1' }))
  const other = spawn('sleep', ['60'])
  meanwhile.happens = () => {
    // A run outbids the dead one too, is done, and leaves none to be outbid by the next.
    rmSync(join(folder, 'lock.3'), { force: true })
    writeFileSync(join(folder, 'lock.1'), JSON.stringify({ pid: other.pid, start: '' }))
    meanwhile.happens = () => {}
  }
  expect(TreeLock.take(folder)).toBe(other.pid)
  expect(readdirSync(folder)).toEqual(['lock.1'])
  other.kill()
})

test('a lock that was cut short by a crash holds nobody up', () => {
  const folder = mkdtempSync(join(scratch, 'tree-'))
  writeFileSync(join(folder, 'lock.1'), '{"pid":')
  take(folder).release()
})

test('what a process left that was killed while it bid goes', () => {
  const folder = mkdtempSync(join(scratch, 'tree-'))
  for (const pid of [spawnSync('true').pid, process.ppid]) writeFileSync(join(folder, `lock-of-${pid}`), '')
  take(folder).release()
  expect(readdirSync(folder)).toEqual([`lock-of-${process.ppid}`])
})

test('a fifo in the place of a lock holds nobody up', () => {
  const folder = mkdtempSync(join(scratch, 'tree-'))
  spawnSync('mkfifo', [join(folder, 'lock.1')])
  take(folder).release()
})

test('what has the name of a lock that is not taken yet is in nobody’s way, and is not written to', () => {
  const folder = mkdtempSync(join(scratch, 'tree-'))
  const outside = join(scratch, 'outside')
  writeFileSync(outside, 'precious')
  for (const put of [symlinkSync, linkSync]) {
    put(outside, join(folder, `lock-of-${process.pid}`))
    take(folder).release()
    expect([readdirSync(folder), readFileSync(outside, 'utf8')]).toEqual([[], 'precious'])
  }
})

function take(folder: string): TreeLock {
  const lock = TreeLock.take(folder)
  if (!(lock instanceof TreeLock)) throw new Error(`process ${lock} has it`)
  return lock
}
