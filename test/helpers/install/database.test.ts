import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test, vi } from 'vitest'
import { ok } from '../../../core/result.ts'
import { readRoot } from '../../../helpers/install/database.ts'
import { Ground } from './support.ts'

/** What happens just before a record is read. */
const meanwhile = vi.hoisted(() => ({ read: (_path: string): unknown => 0 }))
vi.mock('../../../helpers/install/own-file.ts', async original => {
  const real = await original<typeof import('../../../helpers/install/own-file.ts')>()
  const readOwnFile: typeof real.readOwnFile = (folders, path) => {
    meanwhile.read(path)
    return real.readOwnFile(folders, path)
  }
  return { ...real, readOwnFile }
})

test('a package that is removed while somebody reads the database is not there', async () => {
  const ground = new Ground()
  await ground.make('a', '1', { 'bin/a': '!a' })
  await ground.make('b', '1', { 'bin/b': '!b' })
  await ground.install('a', 'b')
  meanwhile.read = path => {
    if (path.endsWith('/a.rec')) rmSync(join(ground.root, path))
  }
  const read = readRoot(ground.root, ({ packages }) => ok(packages.map(({ name }) => name)))
  expect(read).toEqual({ ok: true, value: ['b'] })
})
