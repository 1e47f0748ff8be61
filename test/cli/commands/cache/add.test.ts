import { join } from 'node:path'
import { expect, test } from 'vitest'
import { LOW, User } from '../../../support/cached-tree.ts'

test('cache add tells where there is no folder for files on their way', async () => {
  const user = await User.of({ low: LOW })
  user.key()
  const { root } = user.tree
  user.must(['bin/coolports', '-C', root, 'build', 'low'])
  const none = join(root, 'none')
  const { status, said } = user.run(
    ['bin/coolports', '-C', root, 'cache', 'add', '-o', join(root, 'cache'), 'low'],
    {
      TMPDIR: none,
    },
  )
  expect(status).toBe(2)
  expect(said).toContain(
    `coolports: cannot make a folder for files on their way: there is no such folder\n  in "${none}"\n  set TMPDIR to`,
  )
})
