import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { foreseeCutoff } from '../../../../cli/commands/explain/cutoff.ts'
import { sha256 } from '../../../../core/digest.ts'
import { contentPath, packagePath } from '../../../../core/store.ts'
import type { Package } from '../../../../generator/package.ts'
import { contentKey } from '../../../../helpers/build/content-key.ts'
import { readIdentity } from '../../../../helpers/tar/identity.ts'
import { packTree } from '../../../../helpers/tar/pack.ts'
import { keyFileText, pkgKeyText } from '../../../support/pkgkey.ts'

let root: string
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'same-'))
})
afterEach(() => rmSync(root, { recursive: true }))

test('what will be taken in place of a build is foreseen at the end of a chain of any length', async () => {
  const store = join(root, 'store')
  const old = packagePath(store, sha256('an older key'))
  mkdirSync(join(root, 'content'))
  for (const kind of ['packages', 'contents']) mkdirSync(join(store, kind), { recursive: true })
  await packTree(join(root, 'content'), old)
  const tar = readIdentity(old)
  if (tar === undefined) throw new Error('the package does not say its identity')

  const packages = new Map<string, Package>()
  for (let at = 0; at <= 3_000; at += 1) {
    const buildDeps = at === 0 ? [] : [`p${at - 1}`]
    const key = pkgKeyText({ name: `p${at}` })
    packages.set(`p${at}`, { name: `p${at}`, buildDeps, runDeps: [] } as unknown as Package)
    mkdirSync(join(root, 'pkg', `p${at}`), { recursive: true })
    writeFileSync(join(root, 'pkg', `p${at}`, '.pkghash'), keyFileText(key))
    const text = contentKey(key, at === 0 ? [] : [tar])
    const note = `pkghash ${sha256('an older key')}\ntar ${tar}\n${text}`
    writeFileSync(contentPath(store, sha256(text ?? '')), note)
  }
  const foreseen = (name: string) => foreseeCutoff(root, store, { packages, problems: [] }, name)?.tar

  expect(foreseen('p3000')).toBe(tar)
  rmSync(join(root, 'pkg/p1/.pkghash'))
  expect(foreseen('p0')).toBe(tar)
  expect(foreseen('p3000')).toBe(undefined)
})
