import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test, vi } from 'vitest'
import { removeOrphans, removeTargets } from '../../generator/write.ts'

/** What another coolports-gen does after this one has looked into a folder. */
const meanwhile = vi.hoisted(() => ({ happens: () => {} }))

vi.mock('node:fs', async original => {
  const fs = await original<typeof import('node:fs')>()
  const readdirSync = ((folder: string) => {
    const names = fs.readdirSync(folder)
    meanwhile.happens()
    return names
  }) as typeof fs.readdirSync
  return { ...fs, readdirSync }
})

const root = mkdtempSync(join(tmpdir(), 'generator-write-'))
const folder = join(root, 'pkg/a')

afterAll(() => rmSync(root, { recursive: true, force: true }))

test('what another one takes away at the same moment is no trouble', () => {
  mkdirSync(folder, { recursive: true })
  for (const name of ['.pkg.tar.gz', '.pkghash', '.test']) writeFileSync(join(folder, name), '')
  meanwhile.happens = () => rmSync(join(folder, '.pkg.tar.gz'), { force: true })
  removeTargets(root, ['a'])
  expect(readdirSync(folder)).toEqual([])

  const orphans = ['.fetch', '.pkghash.do'].map(name => `pkg/a/${name}`)
  writeFileSync(join(root, orphans[0] as string), '')
  meanwhile.happens = () => rmSync(folder, { recursive: true, force: true })
  removeOrphans(root, orphans)
  expect(existsSync(folder)).toBe(false)
})

test('a folder into which somebody writes when it was found empty stays', () => {
  mkdirSync(folder, { recursive: true })
  writeFileSync(join(folder, '.fetch'), '')
  meanwhile.happens = () => writeFileSync(join(folder, 'package.ts'), '')
  removeOrphans(root, ['pkg/a/.fetch'])
  expect(existsSync(join(folder, 'package.ts'))).toBe(true)
})
