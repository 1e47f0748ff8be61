import { cpSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { API_FILES, DOOR_FILES } from '../../test/support/api-files.ts'

/** A tree at `root` with the doors and programs of the one at `repository`, and no package. */
export function plantTree(repository: string, root: string): void {
  for (const part of [...API_FILES, ...DOOR_FILES])
    cpSync(join(repository, part), join(root, part), { recursive: true, preserveTimestamps: true })
  for (const part of ['dist', 'node_modules', 'build.mjs', 'mirrors', 'package.json'])
    symlinkSync(join(repository, part), join(root, part))
  mkdirSync(join(root, 'pkg'))
}

/** The seed of the repository as a package of the tree. */
export function plantSeed(repository: string, root: string): void {
  mkdirSync(join(root, 'pkg/seed'))
  cpSync(join(repository, 'pkg/seed/package.ts'), join(root, 'pkg/seed/package.ts'))
}

/** A package whose build writes one file. */
export function plantFile(root: string, name: string): void {
  mkdirSync(join(root, 'pkg', name))
  writeFileSync(
    join(root, 'pkg', name, 'package.ts'),
    `import { definePackage, sh, skip } from 'coolports'
export default definePackage({
  version: '1',
  description: 'A file',
  homepage: 'https://example.org',
  license: 'MIT',
  buildDeps: ['seed'],
  build: sh\`echo ${name} >"$DESTDIR/file"\`,
  check: skip('there is nothing to check'),
  test: skip('there is nothing to test'),
  update: { kind: 'fixed', why: 'a benchmark' },
  strip: 'none',
})
`,
  )
}
