import type { PackageSource, ScriptOrSkipped } from '../package.ts'
import type { PackageFile } from '../tree.ts'
import type { Fields, Reader } from './reader.ts'

/** What makes a package. */
type Build =
  | {
      readonly kind: 'script'
      readonly text: string
      /** What a build system says of itself. */
      readonly check?: string
      readonly buildDeps?: readonly string[]
    }
  | { readonly kind: 'import' }

export function readBuild(
  reader: Reader,
  value: unknown,
  sources: readonly PackageSource[],
): Build | undefined {
  if (value === undefined) return undefined
  const said = fieldsOf(value)
  if (said.import === 'archive') {
    if (sources.length !== 1) reader.field(['build'], 'a package that is its source has one source')
    return { kind: 'import' }
  }
  if (typeof said.script !== 'string') {
    reader.field(
      ['build'],
      'it is not a script',
      'write it as sh`…`, or use a build system: autotools(), cmake(), meson(), plainMake()',
    )
    return undefined
  }
  return {
    kind: 'script',
    text: said.script,
    ...(typeof said.check === 'string' ? { check: said.check } : {}),
    ...(said.buildDeps === undefined ? {} : { buildDeps: reader.texts(['build'], said.buildDeps) }),
  }
}

/** What a package that is its source has no use for: nothing is run that they could tell something. */
const OF_A_SCRIPT = ['patches', 'buildDeps', 'hostPaths', 'env', 'check', 'strip'] as const

export function tellUselessForImport(reader: Reader, manifest: Fields, files: readonly PackageFile[]): void {
  for (const field of OF_A_SCRIPT) {
    if (manifest[field] !== undefined)
      reader.field([field], 'a package that is its source is not built', 'leave the field out')
  }
  const path = manifest.source === undefined ? ['sources', 0] : ['source']
  const source = fieldsOf(manifest.source ?? fieldsOf(manifest.sources)[0])
  for (const field of ['into', 'unpack']) {
    if (source[field] !== undefined)
      reader.field(
        [...path, field],
        'a package that is its source is that as it stands',
        'leave the field out',
      )
  }
  const [file] = files
  if (file)
    reader.field(['build'], `a package that is its source has no use for files/${file.path}`, 'take it out')
}

/** The check of a manifest that names none. */
export function impliedCheck(reader: Reader, build: Build | undefined): ScriptOrSkipped {
  if (build?.kind === 'import') return { kind: 'skipped', why: 'it is not built' }
  if (build?.check !== undefined) return { kind: 'script', text: build.check }
  if (build)
    reader.field(
      ['build'],
      'how the check is run is not said',
      "add check: sh`…`, or check: skip('why it cannot run')",
    )
  return { kind: 'skipped', why: '' }
}

export function readScriptOrSkipped(
  reader: Reader,
  field: 'check' | 'test',
  value: unknown,
): ScriptOrSkipped {
  const said = fieldsOf(value)
  if (typeof said.script === 'string') return { kind: 'script', text: said.script }
  if (typeof said.skip === 'string' && said.skip.trim() !== '')
    return { kind: 'skipped', why: reader.line([field], said.skip) }
  if (value !== undefined)
    reader.field([field], 'it is not a script', "write it as sh`…`, or say skip('why there is none')")
  return { kind: 'skipped', why: '' }
}

export function readPostInstall(reader: Reader, value: unknown, build: Build | undefined): string {
  const { script } = fieldsOf(value)
  if (typeof script !== 'string') reader.field(['postInstall'], 'it is not a script', 'write it as sh`…`')
  else if (build?.kind === 'import')
    reader.field(['postInstall'], 'a package that is its source holds what the source holds')
  return typeof script === 'string' ? script : ''
}

const fieldsOf = (value: unknown): Fields =>
  typeof value === 'object' && value !== null ? (value as Fields) : {}
