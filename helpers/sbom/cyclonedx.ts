import { Enums, Models, Serialize, Spec } from '@cyclonedx/cyclonedx-library'
import { PACKAGE_TIME } from '../tar/entry.ts'
import {
  type Bill,
  type BilledFile,
  type BilledPackage,
  type BilledPatch,
  type BilledSource,
  labelOf,
  type RegularFile,
  type ShippedPackage,
  titleOf,
  uuidOf,
} from './bill.ts'
import { purlOf } from './purl.ts'

/**
 * A bill as CycloneDX 1.6 JSON, https://cyclonedx.org/docs/1.6/json/. What is shipped are its components, with
 * their files; sources and patches are their pedigree; who built what with what is its formulation.
 */
export function cyclonedxText(bill: Bill): string {
  const made = new Map(bill.shipped.map(one => [one.name, shippedComponent(one)]))
  // The library knows a reference by the object.
  const depend = (from: Models.Component, names: readonly string[]): void => {
    for (const to of names.flatMap(name => made.get(name) ?? [])) from.dependencies.add(to.bomRef)
  }
  for (const { name, needs } of bill.shipped) {
    const component = made.get(name)
    if (component) depend(component, needs)
  }
  const whole = new Models.Component(Enums.ComponentType.Application, titleOf(bill), { bomRef: 'whole' })
  depend(
    whole,
    bill.shipped.filter(({ asked }) => asked).map(({ name }) => name),
  )
  const bom = new Models.Bom({
    serialNumber: `urn:uuid:${uuidOf(bill, 'cyclonedx')}`,
    metadata: new Models.Metadata({
      timestamp: new Date(PACKAGE_TIME * 1000),
      tools: new Models.Tools({
        components: new Models.ComponentRepository([
          new Models.Component(Enums.ComponentType.Application, 'coolports'),
        ]),
      }),
      component: whole,
    }),
    components: new Models.ComponentRepository([...made.values(), ...bill.added.map(addedComponent)]),
  })
  const normalized = new Serialize.JSON.Normalize.Factory(Spec.Spec1dot6)
    .makeForBom()
    .normalize(bom, { sortLists: true })
  const components = (normalized.components ?? []).map(one => withPedigree(one, bill.shipped))
  return `${JSON.stringify({ ...normalized, components, formulation: formulation(bill) }, null, 2)}\n`
}

const refOf = (one: BilledPackage): string => `package-${one.pkghash}`

function shippedComponent(one: ShippedPackage): Models.Component {
  const component = packageComponent(one)
  for (const file of one.files) component.components.add(fileComponent(one, file))
  return component
}

function packageComponent(one: BilledPackage): Models.Component {
  const component = new Models.Component(Enums.ComponentType.Application, one.name, {
    bomRef: refOf(one),
    version: `${one.version}-${one.release}`,
    description: one.description,
    purl: purlOf(one),
  })
  component.licenses.add(new Models.LicenseExpression(one.license))
  if (one.tar !== undefined) component.hashes.set(Enums.HashAlgorithm['SHA-256'], one.tar)
  component.externalReferences.add(
    new Models.ExternalReference(one.homepage, Enums.ExternalReferenceType.Website),
  )
  for (const { url, sha256 } of one.sources.flatMap(places)) {
    component.externalReferences.add(
      new Models.ExternalReference(url, Enums.ExternalReferenceType.SourceDistribution, {
        hashes: new Models.HashDictionary([[Enums.HashAlgorithm['SHA-256'], sha256]]),
      }),
    )
  }
  component.properties.add(new Models.Property('coolports:pkghash', one.pkghash))
  return component
}

const places = ({ urls, sha256 }: BilledSource) => urls.map(url => ({ url, sha256 }))

function fileComponent(one: ShippedPackage, file: BilledFile): Models.Component {
  const component = new Models.Component(Enums.ComponentType.File, file.path, {
    bomRef: `${refOf(one)}/${file.path}`,
  })
  if (file.kind === 'file') component.hashes.set(Enums.HashAlgorithm['SHA-256'], file.sha256)
  else component.properties.add(new Models.Property('coolports:symlink', file.target))
  return component
}

function addedComponent(file: RegularFile): Models.Component {
  const component = new Models.Component(Enums.ComponentType.File, file.path, {
    bomRef: `added/${file.path}`,
  })
  component.hashes.set(Enums.HashAlgorithm['SHA-256'], file.sha256)
  component.properties.add(new Models.Property('coolports:added', 'by an option of export'))
  return component
}

type NormalizedComponent = Serialize.JSON.Types.Normalized.Component

/** The library has no pedigree. */
function withPedigree(component: NormalizedComponent, packages: readonly BilledPackage[]): object {
  const one = packages.find(other => refOf(other) === component['bom-ref'])
  if (!one || one.sources.length === 0) return component
  const patches = one.patches.length === 0 ? {} : { patches: one.patches.map(patch) }
  return { ...component, pedigree: { ancestors: one.sources.map(ancestor), ...patches } }
}

const ancestor = ({ file, sha256, urls }: BilledSource): object => ({
  type: 'file',
  name: file,
  hashes: [{ alg: 'SHA-256', content: sha256 }],
  ...(urls.length === 0 ? {} : { externalReferences: urls.map(url => ({ url, type: 'distribution' })) }),
})

const patch = ({ path, text, encoding }: BilledPatch): object => ({
  type: 'unofficial',
  diff: {
    text: { contentType: 'text/x-diff', ...(encoding ? { encoding } : {}), content: text },
    url: path,
  },
})

/** Who was built in a root of what, down to the seeds. The library has none of this either. */
function formulation({ shipped: all, builders }: Bill): readonly object[] {
  const normalizer = new Serialize.JSON.Normalize.Factory(Spec.Spec1dot6).makeForComponent()
  const components = builders
    .map(one => normalizer.normalize(packageComponent(one), { sortLists: true }))
    .filter(component => component !== undefined)
    .map(component => withPedigree(component, builders))
  const packages = [...all, ...builders]
  const refs = new Map(packages.map(one => [one.name, refOf(one)]))
  const workflows = packages.map(one => ({
    'bom-ref': `build-${one.pkghash}`,
    uid: one.pkghash,
    name: `build of ${labelOf(one)}`,
    taskTypes: ['build'],
    resourceReferences: [one.name, ...one.builtIn].flatMap(name => {
      const ref = refs.get(name)
      return ref === undefined ? [] : [{ ref }]
    }),
  }))
  return [{ 'bom-ref': 'builds', ...(components.length === 0 ? {} : { components }), workflows }]
}
