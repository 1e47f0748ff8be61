import { execFileSync } from 'node:child_process'
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, expect, test } from 'vitest'
import { openFar } from '../../../helpers/cache/far-file.ts'

// By a folder of this machine: to the process that reads it is all one. See folder-faults.test.ts for one that is mute.

const folder = mkdtempSync(join(tmpdir(), 'far "file" $x-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const never = () => new AbortController().signal

async function read(name: string): Promise<Buffer> {
  const opened = await openFar(folder, name, never())
  if (!opened.ok) throw new Error(opened.error.kind)
  const chunks: Uint8Array[] = []
  for await (const chunk of opened.value.bytes) chunks.push(chunk)
  return Buffer.concat(chunks)
}

test.each([0, 1, 65_536, 5_000_000])('a file of %d bytes comes whole', async size => {
  const bytes = Buffer.alloc(size, 'what a package holds. ')
  writeFileSync(join(folder, 'file'), bytes)
  expect((await read('file')).equals(bytes)).toBe(true)
})

test('what is not there is told apart', async () => {
  mkdirSync(join(folder, 'sub'))
  execFileSync('mkfifo', [join(folder, 'fifo')])
  const why = async (...[at, name]: readonly [string, string]) => {
    const opened = await openFar(at, name, never())
    return opened.ok ? undefined : opened.error
  }
  expect(await why(folder, 'none')).toEqual({ kind: 'absent' })
  expect(await why(join(folder, 'none'), 'file')).toEqual({ kind: 'no folder' })
  expect(await why(join(folder, 'file'), 'file')).toEqual({ kind: 'unreachable', why: 'it is not a folder' })
  for (const name of ['sub', 'fifo'])
    expect(await why(folder, name)).toEqual({ kind: 'refused', why: 'it is not a file' })
})

test.skipIf(process.getuid?.() === 0)('what may not be read says so', async () => {
  writeFileSync(join(folder, 'secret'), 'x')
  chmodSync(join(folder, 'secret'), 0)
  await expect(openFar(folder, 'secret', never())).resolves.toMatchObject({
    error: { kind: 'unreachable', why: 'the file cannot be read' },
  })
})

test('whoever has waited long enough leaves', async () => {
  writeFileSync(join(folder, 'long'), Buffer.alloc(5_000_000))
  const before = await openFar(folder, 'long', AbortSignal.abort())
  expect(before).toEqual({ ok: false, error: { kind: 'unreachable', why: 'nobody waits for it any more' } })

  const controller = new AbortController()
  const opened = await openFar(folder, 'long', controller.signal)
  if (!opened.ok) throw new Error(opened.error.kind)
  const chunks = opened.value.bytes[Symbol.asyncIterator]()
  expect((await chunks.next()).done).toBe(false)
  controller.abort()
  const all = async () => {
    while (!(await chunks.next()).done);
  }
  await expect(all()).rejects.toMatchObject({ failure: { why: 'nobody waits for it any more' } })
})

test('no process is left of a file that nobody reads to its end', async () => {
  for (let count = 0; count < 10; count += 1) {
    const opened = await openFar(folder, 'long', never())
    if (!opened.ok) throw new Error(opened.error.kind)
    if (count % 2 === 0) opened.value.close()
    else for await (const _ of opened.value.bytes) break
  }
  for (let waits = 0; waits < 100 && readers().length > 0; waits += 1) await sleep(20)
  expect(readers()).toEqual([])
})

/** The processes that have a file of the folder in their command line. */
const readers = (): readonly string[] =>
  readdirSync('/proc').filter(pid => /^\d+$/.test(pid) && commandLine(pid).includes(folder))

function commandLine(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8')
  } catch {
    return '' // it has ended
  }
}
