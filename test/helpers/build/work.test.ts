import { type PathLike, statSync } from 'node:fs'
import { basename, dirname } from 'node:path'
import { expect, test, vi } from 'vitest'
import { makeWork } from '../../../helpers/build/work.ts'
import { folder } from '../tar/folder.ts'

/** The modes of the work folder when something comes into it. */
const modes = vi.hoisted((): number[] => [])
vi.mock('node:fs', async original => {
  const real = await original<typeof import('node:fs')>()
  const mkdirSync = (path: PathLike, mode?: number) => {
    const above = dirname(String(path))
    if (basename(above).startsWith('.build.')) modes.push(real.statSync(above).mode & 0o777)
    return real.mkdirSync(path, mode)
  }
  return { ...real, mkdirSync }
})

test("a work folder is its owner's alone before anything is in it, whatever the umask", () => {
  const before = process.umask(0)
  const cwd = process.cwd()
  try {
    process.chdir(folder())
    const work = makeWork('true\n')
    expect(statSync(work).mode & 0o777).toBe(0o700)
  } finally {
    process.umask(before)
    process.chdir(cwd)
  }
  expect(modes.length).toBeGreaterThan(0)
  expect(new Set(modes)).toEqual(new Set([0o700]))
})
