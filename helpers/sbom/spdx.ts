import { createHash } from 'node:crypto'
import { sha256 } from '../../core/digest.ts'
import { byCodeUnit } from '../../core/order.ts'
import { PACKAGE_TIME } from '../tar/entry.ts'
import {
  type Bill,
  type BilledPackage,
  type BilledPatch,
  type BilledSource,
  type RegularFile,
  type ShippedPackage,
  titleOf,
  uuidOf,
} from './bill.ts'
import { purlOf } from './purl.ts'

/**
 * A bill as SPDX 2.3 JSON, https://spdx.github.io/spdx-spec/v2.3/. Packages, builders and sources are packages
 * there; files and patches are files. SPDX knows no symlinks, so those are left out.
 */
export function spdxText(bill: Bill): string {
  const all: readonly BilledPackage[] = [...bill.shipped, ...bill.builders]
  const sources = unique(
    all.flatMap(one => one.sources),
    ({ sha256: digest }) => digest,
  )
  const patches = unique(
    all.flatMap(one => one.patches),
    ({ path }) => path,
  )
  const document = {
    spdxVersion: 'SPDX-2.3',
    dataLicense: 'CC0-1.0',
    SPDXID: 'SPDXRef-DOCUMENT',
    name: titleOf(bill),
    documentNamespace: `urn:uuid:${uuidOf(bill, 'spdx')}`,
    creationInfo: { created: timestamp(), creators: ['Tool: coolports'] },
    packages: [
      ...bill.shipped.map(one => ({ ...packageItem(one), ...analysis(one) })),
      ...bill.builders.map(one => ({ ...packageItem(one), filesAnalyzed: false })),
      ...sources.map(sourceItem),
    ],
    files: [
      ...bill.shipped.flatMap(one => regular(one).map(file => fileItem(fileId(one, file.path), file))),
      ...bill.added.map(file => fileItem(addedId(file), file)),
      ...patches.map(patchItem),
    ],
    relationships: relationships(bill, all),
  }
  return `${JSON.stringify(document, null, 2)}\n`
}

const timestamp = (): string => new Date(PACKAGE_TIME * 1000).toISOString().replace('.000Z', 'Z')

const regular = (one: ShippedPackage): readonly RegularFile[] =>
  one.files.filter(file => file.kind === 'file')

/** Ids have letters, digits, dots and dashes alone. */
const packageId = (one: BilledPackage): string => `SPDXRef-Package-${one.pkghash}`
const sourceId = ({ sha256: digest }: BilledSource): string => `SPDXRef-Source-${digest}`
const fileId = (one: BilledPackage, path: string): string =>
  `SPDXRef-File-${sha256(`${one.pkghash}/${path}`)}`
const addedId = ({ path }: RegularFile): string => `SPDXRef-File-${sha256(`/${path}`)}`
const patchId = ({ path }: BilledPatch): string => `SPDXRef-Patch-${sha256(path)}`

const packageItem = (one: BilledPackage): object => ({
  SPDXID: packageId(one),
  name: one.name,
  versionInfo: `${one.version}-${one.release}`,
  summary: one.description,
  homepage: one.homepage,
  downloadLocation: 'NOASSERTION',
  ...(one.tar === undefined ? {} : { checksums: [{ algorithm: 'SHA256', checksumValue: one.tar }] }),
  licenseConcluded: 'NOASSERTION',
  licenseDeclared: one.license,
  copyrightText: 'NOASSERTION',
  sourceInfo: `built by coolports, pkghash ${one.pkghash}${one.tar === undefined ? '' : '; the checksum is of its tar'}`,
  externalRefs: [
    { referenceCategory: 'PACKAGE-MANAGER', referenceType: 'purl', referenceLocator: purlOf(one) },
  ],
})

/** That all files are told, and a digest of them as clause 7.9 says: the sha1 of their sha1s in order. */
function analysis(one: ShippedPackage): object {
  const sums = regular(one)
    .map(file => file.sha1)
    .sort(byCodeUnit)
    .join('')
  if (sums === '') return { filesAnalyzed: false }
  const code = createHash('sha1').update(sums).digest('hex')
  return { filesAnalyzed: true, packageVerificationCode: { packageVerificationCodeValue: code } }
}

const sourceItem = (source: BilledSource): object => ({
  SPDXID: sourceId(source),
  name: source.file,
  packageFileName: source.file,
  downloadLocation: source.urls[0] ?? 'NOASSERTION',
  ...(source.urls.length > 1 ? { comment: `also: ${source.urls.slice(1).join(' ')}` } : {}),
  filesAnalyzed: false,
  checksums: [{ algorithm: 'SHA256', checksumValue: source.sha256 }],
  licenseConcluded: 'NOASSERTION',
  licenseDeclared: 'NOASSERTION',
  copyrightText: 'NOASSERTION',
  primaryPackagePurpose: 'SOURCE',
})

const fileItem = (id: string, { path, sha1, sha256: digest }: RegularFile): object => ({
  SPDXID: id,
  fileName: `./${path}`,
  checksums: checksums(sha1, digest),
  licenseConcluded: 'NOASSERTION',
  copyrightText: 'NOASSERTION',
})

const patchItem = (patch: BilledPatch): object => ({
  SPDXID: patchId(patch),
  fileName: `./${patch.path}`,
  fileTypes: ['SOURCE'],
  checksums: checksums(patch.sha1, patch.sha256),
  licenseConcluded: 'NOASSERTION',
  copyrightText: 'NOASSERTION',
})

const checksums = (sha1: string, digest: string) => [
  { algorithm: 'SHA1', checksumValue: sha1 },
  { algorithm: 'SHA256', checksumValue: digest },
]

function relationships(bill: Bill, all: readonly BilledPackage[]): readonly object[] {
  const ids = new Map(all.map(one => [one.name, packageId(one)]))
  const related = (from: string, type: string, to: string | undefined): readonly object[] =>
    to === undefined ? [] : [{ spdxElementId: from, relationshipType: type, relatedSpdxElement: to }]
  return [
    ...bill.shipped.flatMap(one =>
      one.asked ? related('SPDXRef-DOCUMENT', 'DESCRIBES', packageId(one)) : [],
    ),
    ...bill.added.flatMap(file => related('SPDXRef-DOCUMENT', 'DESCRIBES', addedId(file))),
    ...bill.shipped.flatMap(one =>
      regular(one).flatMap(({ path }) => related(packageId(one), 'CONTAINS', fileId(one, path))),
    ),
    ...all.flatMap(one => [
      ...one.needs.flatMap(name => related(packageId(one), 'DEPENDS_ON', ids.get(name))),
      ...one.sources.flatMap(source => related(packageId(one), 'GENERATED_FROM', sourceId(source))),
      ...one.patches.flatMap(patch => related(patchId(patch), 'PATCH_FOR', packageId(one))),
      ...one.builtIn.flatMap(name => {
        const builder = ids.get(name)
        return builder === undefined ? [] : related(builder, 'BUILD_DEPENDENCY_OF', packageId(one))
      }),
    ]),
  ]
}

function unique<Value>(values: readonly Value[], key: (value: Value) => string): readonly Value[] {
  return [...new Map(values.map(value => [key(value), value])).values()].sort((a, b) =>
    byCodeUnit(key(a), key(b)),
  )
}
