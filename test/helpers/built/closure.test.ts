import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { sha256 } from '../../../core/digest.ts'
import type { PackageName } from '../../../core/name.ts'
import { packageClosure } from '../../../helpers/built/closure.ts'
import { keyAt, keyFileText } from '../../support/pkgkey.ts'
import { Ground } from '../install/support.ts'

const NAME = 'tool' as PackageName

async function ground(): Promise<Ground> {
  const made = new Ground()
  await made.make('base', '1', { 'lib/base': 'base' })
  await made.make(NAME, '2', { 'bin/tool': 'tool' }, ['base'])
  return made
}

test('a package of a closure is what its key says', async () => {
  const { tree } = await ground()
  const { text } = keyAt(tree, 'tool')
  expect(packageClosure(tree, [NAME])).toMatchObject({
    ok: true,
    value: [
      { name: 'tool', version: '2-1', pkghash: sha256(text), needs: ['base'], setuid: [], asked: true },
      { name: 'base', version: '1-1', needs: [], asked: false },
    ],
  })
})

test.each([
  ['cut off', (key: string) => key.slice(0, -30), 'it is no key of a package: line 11 is "run-dep base '],
  ['of another format', (key: string) => key.replace('key 1', 'key 2'), 'line 1 is "coolports-pkgkey 2"'],
  ['of another package', (key: string) => key.replace('tool', 'fool'), 'it is the key of another package'],
])('a package with a key that is %s is refused, though it has its hash', async (_, damage, why) => {
  const { tree } = await ground()
  const file = join(tree, 'pkg/tool/.pkghash')
  const { hash, text } = keyAt(tree, 'tool')
  writeFileSync(file, `${hash}\n${damage(text)}`)
  const refused = (said: string) => ({
    ok: false,
    error: [
      {
        cannot: 'use tool',
        why: expect.stringContaining(said),
        remedy: 'remove the file; coolports build tool makes it again',
      },
    ],
  })
  expect(packageClosure(tree, [NAME])).toMatchObject(
    refused('its first line is not the sha256 of what is below it'),
  )
  writeFileSync(file, keyFileText(damage(text)))
  expect(packageClosure(tree, [NAME])).toMatchObject(refused(why))
})
