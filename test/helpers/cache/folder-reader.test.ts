import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import type { Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { FolderReader } from '../../../helpers/cache/folder-reader.ts'
import type { Opened } from '../../../helpers/cache/place.ts'
import { mountMute } from '../../support/mount.ts'

let folder: string
let reader: FolderReader
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'read "folder" $x-'))
  reader = await FolderReader.start(folder)
})
afterEach(async () => {
  await reader.close()
  rmSync(folder, { recursive: true })
})

const never = () => new AbortController().signal
const OVER = { kind: 'unreachable', why: 'nobody waits for it any more' }
const ENDED = { kind: 'unreachable', why: 'the process that reads the folder has ended' }

async function opened(name: string, signal = never()): Promise<Opened> {
  const file = await reader.open(name, signal)
  if (!file.ok) throw new Error(JSON.stringify(file.error))
  return file.value
}

async function whole({ bytes }: Opened): Promise<Buffer> {
  const chunks: Uint8Array[] = []
  for await (const chunk of bytes) chunks.push(chunk)
  return Buffer.concat(chunks)
}

/** Lest a test that fails waits on a file system that never answers: the next to touch that would be itself. */
const soon = <Value>(value: Promise<Value>) => Promise.race([value, sleep(5_000)])

const failure = async (name: string, signal = never()) => {
  const file = await reader.open(name, signal)
  return file.ok ? undefined : file.error
}

test.each([0, 1, 131_072, 5_000_000])(
  'a file of %d bytes comes whole, and says how long it is',
  async size => {
    const bytes = Buffer.alloc(size, 'what a package holds. ')
    writeFileSync(join(folder, 'file'), bytes)
    const file = await opened('file')
    expect(file.length).toBe(size)
    expect((await whole(file)).equals(bytes)).toBe(true)
  },
)

test('files come side by side, each its own bytes', async () => {
  const sizes = Array.from({ length: 40 }, (_, index) => index * 20_000)
  for (const size of sizes) writeFileSync(join(folder, `${size}`), Buffer.alloc(size, `${size} `))
  const got = await Promise.all(sizes.map(async size => whole(await opened(`${size}`))))
  for (const [index, size] of sizes.entries())
    expect(got[index]?.equals(Buffer.alloc(size, `${size} `))).toBe(true)
})

test('a file that is replaced meanwhile stays the one that was opened', async () => {
  const bytes = Buffer.alloc(3_000_000, 'first')
  writeFileSync(join(folder, 'file'), bytes)
  const file = await opened('file')
  writeFileSync(join(folder, 'other'), 'second')
  renameSync(join(folder, 'other'), join(folder, 'file'))
  expect((await whole(file)).equals(bytes)).toBe(true)
  expect((await whole(await opened('file'))).toString()).toBe('second')
})

test('what is not there, is no file, or cannot be reached is told apart', async () => {
  mkdirSync(join(folder, 'sub'))
  execFileSync('mkfifo', [join(folder, 'fifo')])
  symlinkSync('/dev/zero', join(folder, 'device'))
  symlinkSync('loop', join(folder, 'loop'))
  expect(await failure('none')).toEqual({ kind: 'absent' })
  for (const name of ['sub', 'fifo', 'device'])
    expect([name, await failure(name)]).toEqual([name, { kind: 'refused', why: 'it is not a file' }])
  expect(await failure('loop')).toEqual({ kind: 'file', why: 'its symlinks lead in a circle' })
  rmSync(folder, { recursive: true })
  expect(await failure('none')).toEqual({ kind: 'no folder' })
  writeFileSync(folder, '')
  expect(await failure('none')).toEqual({ kind: 'file', why: 'it is not a folder' })
})

test('a file, or a folder, of a server that hangs up is not absent', async ({ skip }) => {
  const gone = { kind: 'file', why: 'ENOTCONN' }
  writeFileSync(join(folder, 'file'), '')
  for (const [path, other] of [
    [join(folder, 'file'), { kind: 'absent' }],
    [folder, gone],
  ] as const) {
    const mute = mountMute(path)
    if (!mute) return skip()
    try {
      await mute.hangUp()
      expect(await failure('file')).toEqual(gone)
      expect(await failure('none')).toEqual(other)
    } finally {
      await mute.unmount()
    }
  }
})

test('who has waited long enough leaves, and the others stay', async () => {
  writeFileSync(join(folder, 'long'), Buffer.alloc(5_000_000))
  expect(await failure('long', AbortSignal.abort())).toEqual(OVER)
  const [left, stays] = [new AbortController(), new AbortController()]
  const pending = failure('long', left.signal)
  const files = await Promise.all([opened('long', left.signal), opened('long', stays.signal)])
  left.abort()
  await expect(whole(files[0])).rejects.toMatchObject({ failure: OVER })
  expect((await whole(files[1])).length).toBe(5_000_000)
  await pending
  const descriptors = `/proc/${readers()[0]}/fd`
  const isOpen = () => readdirSync(descriptors).some(fd => linkOf(join(descriptors, fd)).endsWith('/long'))
  for (let waits = 0; waits < 250 && isOpen(); waits += 1) await sleep(20)
  expect(isOpen()).toBe(false)
})

test('questions that are never answered can be left, as can their process', async ({ skip }) => {
  const mute = mountMute(folder)
  if (!mute) return skip()
  try {
    const asked = Array.from({ length: 20 }, (_, index) => failure(`${index}`, AbortSignal.timeout(200)))
    expect(await soon(Promise.all(asked))).toEqual(asked.map(() => OVER))
    const last = failure('last')
    const closing = reader.close()
    expect(await soon(last)).toEqual(ENDED)
    await soon(closing)
  } finally {
    await mute.unmount()
  }
  await noReaders()
})

test('who does not read on fills no memory', async () => {
  writeFileSync(join(folder, 'huge'), '')
  truncateSync(join(folder, 'huge'), 1 << 30)
  const before = process.memoryUsage().rss
  const chunks = (await opened('huge')).bytes[Symbol.asyncIterator]()
  await chunks.next()
  await sleep(300)
  const theirs = Number(
    /^VmHWM:\s*(\d+) kB$/m.exec(readFileSync(`/proc/${readers()[0]}/status`, 'utf8'))?.[1],
  )
  expect(theirs).toBeLessThan(150_000)
  expect(process.memoryUsage().rss - before).toBeLessThan(100_000_000)
  await chunks.return?.()
})

test('a process that is killed is told of by each file that it read, and another one is asked; not for ever', async () => {
  writeFileSync(join(folder, 'long'), Buffer.alloc(50_000_000))
  for (let starts = 1; starts <= 3; starts++) {
    const files = await Promise.all([opened('long'), opened('long')])
    for (const pid of readers()) process.kill(Number(pid), 'SIGKILL')
    for (const file of files) await expect(whole(file)).rejects.toMatchObject({ failure: ENDED })
  }
  expect(await failure('long')).toEqual(ENDED)
  expect(readers()).toEqual([])
})

test('who closes the reader has waited for the end of its process', async () => {
  const [pid = ''] = readers()
  await reader.close()
  expect(existsSync(`/proc/${pid}`)).toBe(false) // not even as a zombie
  expect(await failure('any')).toEqual(ENDED)
})

test('a process that cannot be started, or does not come to it, is told as such, and soon', async () => {
  const { execPath } = process
  const stuck = join(folder, 'node')
  writeFileSync(stuck, '#!/bin/sh\nexec sleep 1000\n', { mode: 0o755 })
  try {
    for (const [program, why] of [
      [join(folder, 'none'), /could not be started: ENOENT$/],
      [stuck, /could not be started: nothing came of it within 5 s$/],
    ] as const) {
      process.execPath = program
      const none = await FolderReader.start(folder)
      const file = await none.open('any', never())
      expect(file.ok ? '' : file.error).toMatchObject({
        kind: 'unreachable',
        why: expect.stringMatching(why),
      })
      await none.close()
    }
  } finally {
    process.execPath = execPath
  }
})

test('bytes of a file that was closed say so', async () => {
  writeFileSync(join(folder, 'file'), 'text')
  const file = await opened('file')
  file.close()
  await expect(soon(whole(file))).rejects.toMatchObject({ failure: { kind: 'unreachable' } })
})

test('no process is left of a reader that was closed, nor of one whose parent was killed', async () => {
  writeFileSync(join(folder, 'long'), Buffer.alloc(5_000_000))
  const file = await opened('long')
  for await (const _ of file.bytes) break
  expect(readers().length).toBe(1)
  reader.close()
  await noReaders()

  const words = ['-e', `require('node:child_process').fork(${JSON.stringify(PROGRAM)}, [process.argv[1]])`]
  const parent = spawn(process.execPath, [...words, folder], { stdio: 'ignore' })
  for (let waits = 0; waits < 500 && readers().length === 0; waits += 1) await sleep(20)
  expect(readers().length).toBe(1)
  parent.kill('SIGKILL')
  await noReaders()
})

test('Ctrl-C is not for the process', () => {
  const [pid = ''] = readers()
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
  expect(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[2]).toBe(pid) // a process group of its own
})

test('the process holds no pipe that it came by', async () => {
  // By the numbers of those of apenwarr's redo.
  const kinds = new Map<number, 'ipc' | 'pipe'>([
    [3, 'ipc'],
    [51, 'pipe'],
    [103, 'pipe'],
  ])
  const stdio = Array.from({ length: 104 }, (_, fd) => kinds.get(fd) ?? 'ignore')
  const child = spawn(process.execPath, [PROGRAM, folder], { stdio })
  await Promise.all([51, 103].map(fd => once((child.stdio[fd] as Socket).resume(), 'end')))
  child.send({ file: 0, ask: 'start' })
  await once(child, 'message')
  child.disconnect()
  expect(await once(child, 'exit')).toEqual([null, 'SIGKILL'])
})

const PROGRAM = resolve('dist/read-folder.js')

/** The processes that have the folder in their command line, and are not about to end. */
const readers = (): readonly string[] =>
  readdirSync('/proc').filter(pid => /^\d+$/.test(pid) && commandLine(pid).includes(`${PROGRAM}\0${folder}`))

async function noReaders(): Promise<void> {
  for (let waits = 0; waits < 250 && readers().length > 0; waits += 1) await sleep(20)
  expect(readers()).toEqual([])
}

function linkOf(path: string): string {
  try {
    return readlinkSync(path)
  } catch {
    return '' // closed meanwhile
  }
}

function commandLine(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8')
  } catch {
    return '' // it has ended
  }
}
