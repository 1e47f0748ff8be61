import {
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { basename, join } from 'node:path'
import { beforeEach, expect, test } from 'vitest'
import { sha256 } from '../../../core/digest.ts'
import { nameOf } from '../../../core/process-name.ts'
import { distfilePath, partialFolder } from '../../../core/store.ts'
import { busyProcess, openPart } from '../../../helpers/fetch/part.ts'
import { PACKAGE_TIME } from '../../../helpers/tar/entry.ts'
import { DEAD, partBy } from '../../support/part.ts'
import { folder } from './support.ts'

const BODY = 'the bytes of a source'
const DIGEST = sha256(BODY)

let store: string
let partial: string
beforeEach(() => {
  store = folder()
  partial = partialFolder(store)
  mkdirSync(partial, { recursive: true })
})

/** What a process has written of the source. */
function writtenBy(maker: typeof DEAD, text: string): string {
  const path = partBy(maker, join(partial, DIGEST))
  writeFileSync(path, text)
  return path
}

test('a part goes on from the longest that nobody writes, and from none of a process that runs', async () => {
  writeFileSync(join(partial, DIGEST), BODY.slice(0, 3))
  writtenBy(DEAD, BODY.slice(0, 5))
  const running = writtenBy(nameOf(process.ppid), BODY.slice(0, 9))
  const part = await openPart(store, DIGEST)
  expect(part.size).toBe(5)
  await part.append(Buffer.from(BODY.slice(5)))
  expect(part.digest()).toBe(DIGEST)
  await part.keep()
  expect(readFileSync(distfilePath(store, DIGEST), 'utf8')).toBe(BODY)
  const { mode, mtimeMs } = statSync(distfilePath(store, DIGEST))
  expect([mode & 0o777, mtimeMs]).toEqual([0o444, PACKAGE_TIME * 1000])
  // What others left is of no more use.
  expect(readdirSync(partial)).toEqual([basename(running)])
})

test('a part that begins anew has nothing of what was there', async () => {
  writeFileSync(join(partial, DIGEST), 'something else that is longer than the source')
  const part = await openPart(store, DIGEST)
  await part.restart()
  await part.append(Buffer.from(BODY))
  expect([part.size, part.digest()]).toEqual([BODY.length, DIGEST])
  await part.keep()
  expect(readFileSync(distfilePath(store, DIGEST), 'utf8')).toBe(BODY)
})

test('a part is left for the next run, but for an empty one', async () => {
  const empty = await openPart(store, DIGEST)
  await empty.release()
  expect(readdirSync(partial)).toEqual([])
  const part = await openPart(store, DIGEST)
  await part.append(Buffer.from(BODY.slice(0, 4)))
  await part.release()
  expect(readdirSync(partial)).toEqual([DIGEST])
  expect((await openPart(store, DIGEST)).size).toBe(4)
})

test('a source that one who took us for dead has finished is kept', async () => {
  const part = await openPart(store, DIGEST)
  await part.append(Buffer.from(BODY))
  const [own = ''] = readdirSync(partial)
  renameSync(join(partial, own), distfilePath(store, DIGEST))
  await part.keep()
  expect(readFileSync(distfilePath(store, DIGEST), 'utf8')).toBe(BODY)
})

test('busyProcess() is who writes a part, unless that has stood still for too long', () => {
  writtenBy(DEAD, 'x')
  expect(busyProcess(store, DIGEST, 60_000)).toBeUndefined()
  const running = writtenBy(nameOf(process.ppid), 'x')
  expect(busyProcess(store, DIGEST, 60_000)).toBe(process.ppid)
  utimesSync(running, 1, 1)
  expect(busyProcess(store, DIGEST, 60_000)).toBeUndefined()
})
