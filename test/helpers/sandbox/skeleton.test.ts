import { existsSync, lstatSync, readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { storedSkeleton } from '../../../helpers/sandbox/skeleton.ts'
import { folder } from '../tar/folder.ts'

test('a skeleton that was copied without its times is made again, and the copy is kept below damaged/', async () => {
  const store = folder()
  const spec = { label: 'a-1-1', trees: [], host: [], sources: [], files: false }
  const { back } = await storedSkeleton(store, spec)
  expect(await storedSkeleton(store, spec)).toMatchObject({ back })
  expect(existsSync(join(store, 'damaged'))).toBe(false)
  // As by rsync -r, which leaves symlinks behind, too.
  rmSync(join(back, 'usr'), { recursive: true })
  expect(lstatSync(join((await storedSkeleton(store, spec)).back, 'usr/bin/env')).isSymbolicLink()).toBe(true)
  expect(readdirSync(join(store, 'damaged'))).toHaveLength(1)
})
