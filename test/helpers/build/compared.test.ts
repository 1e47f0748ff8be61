import { execFileSync } from 'node:child_process'
import { existsSync, mkdtempSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Sha256, sha256 } from '../../../core/digest.ts'
import type { PkgKey } from '../../../core/pkgkey.ts'
import { packagePath } from '../../../core/store.ts'
import { disprovedClaim, expectSame } from '../../../helpers/store/spot-check.ts'
import { readIdentity } from '../../../helpers/tar/identity.ts'
import { keyFileText, pkgKeyText, runDep } from '../../support/pkgkey.ts'
import { type Ran, Workshop } from './workshop.ts'

// What a cache said of a package is compared with what comes out here.

let shop: Workshop
let archive: Buffer
beforeAll(async () => {
  shop = await Workshop.open()
  shop.closure('one', 'base')
  const tree = mkdtempSync(join(shop.root, 'tree-'))
  writeFileSync(join(tree, 'x'), 'x\n')
  archive = execFileSync('tar', ['-c', '-C', tree, 'x'])
})
afterAll(() => shop.close())

/** A key whose dependency was made in one of several ways, and came out the same each time. */
function keyed(recipe: Partial<PkgKey>, dependency: string): Sha256 {
  const key = pkgKeyText({ ...recipe, runDeps: [runDep('base', sha256(dependency))] })
  writeFileSync(join(shop.folder('one'), '.pkghash'), keyFileText(key))
  return sha256(key)
}

const SCRIPT = 'echo x >"$DESTDIR/x"'
const BUILT = { script: [SCRIPT] }
const importedKey = (): Partial<PkgKey> => ({
  sources: [{ sha256: sha256(archive), file: 'archive' }],
  build: 'import',
  script: [],
})

const built = (): Ran => shop.build('one', SCRIPT, { args: ['--key', '.pkghash'] })

function imported(): Ran {
  const args = ['--import', 'one-1-1', '--key', '.pkghash', '--fetch', '.fetch', '--out', '.pkg.tar.gz']
  return shop.run('one', args)
}

test.each([
  ['a build', built],
  ['an import', imported],
])('%s that came out otherwise fails, and is not kept', (kind, run) => {
  writeFileSync(join(shop.folder('one'), '.fetch'), shop.source('archive', archive))
  const recipe = run === imported ? importedKey() : BUILT
  const hash = keyed(recipe, `the dependency of ${kind}`)
  expectSame(shop.store, hash, { tar: sha256('a lie'), builders: ['mallory'], place: '/x' })
  const ran = run()
  expect(ran.stderr).toContain('THIS BUILD OF THE SAME KEY CAME OUT DIFFERENT')
  expect(ran.status).not.toBe(0)
  expect(existsSync(packagePath(shop.store, hash))).toBe(false)
  expect(disprovedClaim(shop.store, hash)).toMatchObject({ builders: ['mallory'] })
})

test('a package that is to be compared is built, though the store has one of the same content', () => {
  keyed(BUILT, 'first')
  expect(built().stderr).toContain('built one-1-1')
  const tar = readIdentity(join(shop.folder('one'), '.pkg.tar.gz')) ?? sha256('')
  keyed(BUILT, 'second')
  expect(built().stderr).toContain('same inputs as')
  const hash = keyed(BUILT, 'third')
  expectSame(shop.store, hash, { tar, builders: ['alice'], place: '/x' })
  expect(built().stderr).toContain('built one-1-1')
  expect(existsSync(packagePath(shop.store, hash))).toBe(true)
})
