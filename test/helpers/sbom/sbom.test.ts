import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Spec, Validation } from '@cyclonedx/cyclonedx-library'
import { Ajv } from 'ajv'
import { describe, expect, test } from 'vitest'
import { sha256 } from '../../../core/digest.ts'
import type { Bill, ShippedPackage } from '../../../helpers/sbom/bill.ts'
import { cyclonedxText } from '../../../helpers/sbom/cyclonedx.ts'
import { spdxText } from '../../../helpers/sbom/spdx.ts'

const spdxSchema = JSON.parse(readFileSync(join(import.meta.dirname, 'schema/spdx-2.3.schema.json'), 'utf8'))
const isSpdx = new Ajv({ allErrors: true, strict: false }).compile(spdxSchema)

const one = (name: string, more: Partial<ShippedPackage> = {}): ShippedPackage => ({
  name,
  version: '1.0',
  release: 2,
  pkghash: sha256(`key of ${name}`),
  tar: sha256(`tar of ${name}`),
  asked: false,
  license: 'MIT OR (GPL-2.0-only WITH Classpath-exception-2.0)',
  description: `The package ${name}`,
  homepage: 'https://example.org/a b?c#d',
  sources: [],
  patches: [],
  needs: [],
  builtIn: [],
  files: [],
  ...more,
})

const SOURCE = sha256('a source')

/** A tool that needs a library, both made by a compiler, with all that can be said of a package. */
const bill = (): Bill => ({
  shipped: [
    one('lib', { builtIn: ['cc'] }),
    one('tool', {
      asked: true,
      needs: ['lib'],
      builtIn: ['cc'],
      sources: [
        {
          file: 'tool.tar',
          sha256: SOURCE,
          urls: ['https://example.org/tool.tar', 'http://example.com/t?x=ä'],
        },
        { file: 'own.tar', sha256: sha256('own'), urls: [] },
      ],
      patches: [
        {
          path: 'pkg/tool/files/a.patch',
          sha256: sha256('a patch'),
          sha1: '0'.repeat(40),
          text: '--- a\n+++ b\n',
        },
        {
          path: 'pkg/tool/files/old.patch',
          sha256: sha256('an old patch'),
          sha1: '1'.repeat(40),
          text: '/A==',
          encoding: 'base64',
        },
      ],
      files: [
        { kind: 'file', path: 'bin/tool', sha256: sha256('tool'), sha1: 'b'.repeat(40) },
        { kind: 'symlink', path: 'bin/t', target: 'tool' },
        { kind: 'file', path: 'odd name ü "', sha256: sha256('odd'), sha1: 'a'.repeat(40) },
      ],
    }),
  ],
  builders: [
    one('cc', { builtIn: ['seed'], sources: [{ file: 'cc.tar', sha256: SOURCE, urls: [] }] }),
    one('seed'),
  ],
  added: [{ kind: 'file', path: 'etc/passwd', sha256: sha256('passwd'), sha1: 'c'.repeat(40) }],
})

describe('CycloneDX', () => {
  test('is valid by the schema', async () => {
    const validator = new Validation.JsonStrictValidator(Spec.Version.v1dot6)
    expect(await validator.validate(cyclonedxText(bill()))).toBe(null)
    expect(
      await validator.validate(
        cyclonedxText({ shipped: [one('a', { asked: true })], builders: [], added: [] }),
      ),
    ).toBe(null)
    // The validator is one: what is no bill is refused.
    expect(await validator.validate(cyclonedxText(bill()).replace('"pedigree"', '"pedigre"'))).not.toBe(null)
  })

  test('tells licence, sources, patches, files, needs and builders', () => {
    const bom = JSON.parse(cyclonedxText(bill()))
    const tool = bom.components.find((each: { name: string }) => each.name === 'tool')
    expect(tool).toMatchObject({
      version: '1.0-2',
      licenses: [{ expression: 'MIT OR (GPL-2.0-only WITH Classpath-exception-2.0)' }],
      hashes: [{ alg: 'SHA-256', content: sha256('tar of tool') }],
      purl: `pkg:generic/tool@1.0-2?checksum=sha256%3A${sha256('tar of tool')}`,
      pedigree: {
        ancestors: [
          {
            type: 'file',
            name: 'tool.tar',
            hashes: [{ alg: 'SHA-256', content: SOURCE }],
            externalReferences: [
              { url: 'https://example.org/tool.tar', type: 'distribution' },
              { url: 'http://example.com/t?x=ä', type: 'distribution' },
            ],
          },
          { name: 'own.tar' },
        ],
        patches: [
          { diff: { text: { content: '--- a\n+++ b\n' }, url: 'pkg/tool/files/a.patch' } },
          { diff: { text: { encoding: 'base64', content: '/A==' }, url: 'pkg/tool/files/old.patch' } },
        ],
      },
    })
    expect(tool.components.map((file: { name: string }) => file.name)).toEqual([
      'bin/t',
      'bin/tool',
      'odd name ü "',
    ])
    const ref = (name: string) => `package-${sha256(`key of ${name}`)}`
    expect(bom.dependencies).toContainEqual({ ref: 'whole', dependsOn: [ref('tool')] })
    expect(bom.dependencies).toContainEqual({ ref: ref('tool'), dependsOn: [ref('lib')] })
    expect(bom.formulation[0].workflows).toContainEqual({
      'bom-ref': `build-${sha256('key of cc')}`,
      uid: sha256('key of cc'),
      name: 'build of cc-1.0-2',
      taskTypes: ['build'],
      resourceReferences: [{ ref: ref('cc') }, { ref: ref('seed') }],
    })
  })

  test('tells a file that is of no package', () => {
    const bom = JSON.parse(cyclonedxText(bill()))
    expect(bom.components).toContainEqual({
      type: 'file',
      name: 'etc/passwd',
      'bom-ref': 'added/etc/passwd',
      hashes: [{ alg: 'SHA-256', content: sha256('passwd') }],
      properties: [{ name: 'coolports:added', value: 'by an option of export' }],
    })
  })
})

describe('SPDX', () => {
  test('is valid by the schema', () => {
    expect([isSpdx(JSON.parse(spdxText(bill()))), isSpdx.errors]).toEqual([true, null])
    expect(isSpdx(JSON.parse(spdxText(bill()).replace('"licenseDeclared"', '"licenceDeclared"')))).toBe(false)
  })

  test('has each id once, in the letters of ids, and relates nothing that is not there', () => {
    const document = JSON.parse(spdxText(bill()))
    const ids: string[] = [...document.packages, ...document.files].map(({ SPDXID }) => SPDXID)
    expect(new Set(ids).size).toBe(ids.length)
    for (const id of ids) expect(id).toMatch(/^SPDXRef-[A-Za-z0-9.-]+$/)
    for (const { spdxElementId, relatedSpdxElement } of document.relationships) {
      expect(['SPDXRef-DOCUMENT', ...ids]).toContain(spdxElementId)
      expect(ids).toContain(relatedSpdxElement)
    }
  })

  test('tells licence, sources, patches, files, needs and builders', () => {
    const document = JSON.parse(spdxText(bill()))
    const id = (name: string) => `SPDXRef-Package-${sha256(`key of ${name}`)}`
    const related = (type: string) =>
      document.relationships
        .filter((each: { relationshipType: string }) => each.relationshipType === type)
        .map((each: { spdxElementId: string; relatedSpdxElement: string }) => [
          each.spdxElementId,
          each.relatedSpdxElement,
        ])
    const added = document.files.find((each: { fileName: string }) => each.fileName === './etc/passwd')
    expect(related('DESCRIBES')).toEqual([
      ['SPDXRef-DOCUMENT', id('tool')],
      ['SPDXRef-DOCUMENT', added.SPDXID],
    ])
    expect(related('DEPENDS_ON')).toEqual([[id('tool'), id('lib')]])
    expect(related('BUILD_DEPENDENCY_OF')).toEqual([
      [id('cc'), id('lib')],
      [id('cc'), id('tool')],
      [id('seed'), id('cc')],
    ])
    expect(related('GENERATED_FROM')).toContainEqual([id('cc'), `SPDXRef-Source-${SOURCE}`])
    const patchFor = [expect.stringMatching(/^SPDXRef-Patch-/), id('tool')]
    expect(related('PATCH_FOR')).toEqual([patchFor, patchFor])
    expect(related('CONTAINS')).toHaveLength(2)
    expect(document.files[0]).toMatchObject({
      fileName: './bin/tool',
      checksums: [{ algorithm: 'SHA1' }, { algorithm: 'SHA256', checksumValue: sha256('tool') }],
    })
    expect(document.packages.find((each: { name: string }) => each.name === 'tool')).toMatchObject({
      licenseDeclared: 'MIT OR (GPL-2.0-only WITH Classpath-exception-2.0)',
      // sha1 of the two sha1s, the smaller one first
      packageVerificationCode: { packageVerificationCodeValue: 'c361e706434ebcd03e8857c6c8dd2786adaeb3ef' },
    })
  })
})

test.each([cyclonedxText, spdxText])(
  '%o says the same each time, and is another one when anything differs',
  text => {
    expect(text(bill())).toBe(text(bill()))
    const id = (told: string) => /urn:uuid:([0-9a-f-]+)/.exec(told)?.[1]
    expect(id(text(bill()))).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
    expect(id(text({ ...bill(), builders: [] }))).not.toBe(id(text(bill())))
  },
)
