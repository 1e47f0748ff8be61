import parseLicense from 'spdx-expression-parse'
import { isSha256, type Sha256 } from '../core/digest.ts'
import { type Place, quoted } from '../core/message.ts'
import { isFileName } from '../core/name.ts'
import { byCodeUnit } from '../core/order.ts'
import { ok, type Result, refuse } from '../core/result.ts'
import { entryPath } from '../helpers/tar/path.ts'
import type { Loaded } from './load.ts'
import { locate } from './locate.ts'
import { nearest } from './nearest.ts'
import { nearestPackage } from './nearest-package.ts'
import type { Edge, Package, PackageSource, PackageUpdate, ScriptOrSkipped } from './package.ts'
import { fieldName, type Problem } from './problem.ts'
import { manifestPath, type PackageFile } from './tree.ts'
import { knownUpdate } from './update.ts'

/** A manifest whose shape is right; whether its dependencies exist is the graph's business. */
export interface Checked {
  readonly package: Package
  readonly edges: readonly Edge[]
}

/** Checks what one manifest says. All problems are told. */
export function checkManifest(
  loaded: Loaded,
  files: readonly PackageFile[],
  known: ReadonlySet<string>,
): Result<Checked, readonly Problem[]> {
  const reader = new Reader(loaded, known)
  const manifest = reader.object([], loaded.value, FIELDS)
  if (!manifest) return refuse(reader.problems)

  const name = reader.optional(manifest, 'name', value => reader.text(['name'], value))
  if (name !== undefined && name !== loaded.name) reader.wrongName(name)
  const sources = reader.sources(manifest)
  const patches = reader.texts(['patches'], manifest.patches)
  patches.forEach((patch, index) => {
    reader.patch(index, patch, files)
  })
  const hostPaths = reader.texts(['hostPaths'], manifest.hostPaths)
  hostPaths.forEach((path, index) => {
    if (!/^(\/[A-Za-z0-9_][A-Za-z0-9+._-]*)+$/.test(path)) {
      reader.field(['hostPaths', index], `it is not a plain absolute path: ${quoted(path)}`)
    }
  })
  const build = reader.build(manifest.build, sources)
  if (build?.kind === 'import') reader.importHasNo(manifest, files)
  const scripted = build?.kind === 'script' ? build : undefined
  const check =
    manifest.check === undefined
      ? reader.impliedCheck(build, scripted?.check)
      : reader.scriptOrSkipped('check', manifest.check)
  const test = reader.scriptOrSkipped('test', manifest.test)
  const buildDeps =
    manifest.buildDeps === undefined
      ? reader.impliedBuildDeps(scripted?.buildDeps)
      : reader.dependencies('buildDeps', manifest.buildDeps)
  if (scripted && buildDeps.length === 0 && hostPaths.length === 0) reader.noShell(manifest)
  const version = reader.version(manifest.version)
  const found: Package = {
    name: loaded.name,
    version,
    release: manifest.release === undefined ? 1 : reader.release(manifest.release),
    description: reader.line(['description'], manifest.description),
    homepage: reader.url(['homepage'], manifest.homepage),
    license: reader.license(manifest.license),
    sources,
    patches,
    buildDeps,
    runDeps: reader.dependencies('runDeps', manifest.runDeps),
    testDeps: reader.dependencies('testDeps', manifest.testDeps),
    hostPaths,
    env: reader.environment(manifest.env),
    build: scripted ? { kind: 'script', text: scripted.text } : { kind: 'import' },
    check,
    test,
    update:
      manifest.update === undefined ? reader.impliedUpdate(version, sources) : reader.update(manifest.update),
    strip:
      manifest.strip === undefined
        ? 'all'
        : reader.oneOf(['strip'], manifest.strip, ['all', 'debug', 'none']),
    setuid: reader.setuid(manifest.setuid),
    ...(manifest.postInstall === undefined
      ? {}
      : { postInstall: reader.postInstall(manifest.postInstall, build) }),
    files,
    inputs: loaded.inputs,
  }
  return reader.problems.length > 0 ? refuse(reader.problems) : ok({ package: found, edges: reader.edges })
}

const FIELDS: Readonly<Record<string, 'required' | 'optional'>> = {
  name: 'optional',
  version: 'required',
  release: 'optional',
  description: 'required',
  homepage: 'required',
  license: 'required',
  source: 'optional',
  sources: 'optional',
  patches: 'optional',
  buildDeps: 'optional',
  runDeps: 'optional',
  testDeps: 'optional',
  hostPaths: 'optional',
  env: 'optional',
  build: 'required',
  check: 'optional',
  test: 'required',
  update: 'optional',
  strip: 'optional',
  setuid: 'optional',
  postInstall: 'optional',
}

/** What a package that is its source has no use for: nothing is run that they could tell something. */
const OF_A_SCRIPT = ['patches', 'buildDeps', 'hostPaths', 'env', 'check', 'strip'] as const

const SOURCE_FIELDS: Readonly<Record<string, 'required' | 'optional'>> = {
  sha256: 'required',
  url: 'optional',
  urls: 'optional',
  file: 'optional',
  into: 'optional',
  unpack: 'optional',
}

type Path = readonly (string | number)[]
type Fields = Readonly<Record<string, unknown>>
type Build =
  | {
      readonly kind: 'script'
      readonly text: string
      readonly check?: string
      readonly buildDeps?: readonly string[]
    }
  | { readonly kind: 'import' }

/**
 * Reads values of unknown shape and remembers what was wrong with them. After a problem it answers
 * with a stand-in of the right type, so that the next problem is found as well.
 */
class Reader {
  readonly problems: Problem[] = []
  readonly edges: Edge[] = []
  readonly #loaded: Loaded
  readonly #known: ReadonlySet<string>

  constructor(loaded: Loaded, known: ReadonlySet<string>) {
    this.#loaded = loaded
    this.#known = known
  }

  #at(path: Path): Place {
    return locate(manifestPath(this.#loaded.name), this.#loaded.text, path)
  }

  field(path: Path, why: string, remedy?: string): void {
    const at = this.#at(path)
    this.problems.push({ kind: 'field', at, field: fieldName(path), why, ...(remedy ? { remedy } : {}) })
  }

  object(
    path: Path,
    value: unknown,
    fields: Readonly<Record<string, 'required' | 'optional'>>,
  ): Fields | undefined {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) {
      this.field(
        path,
        path.length === 0 ? 'it has no default export of definePackage({ … })' : 'it is not an object',
      )
      return undefined
    }
    const said = value as Fields
    for (const key of Object.keys(said)) {
      if (Object.hasOwn(fields, key)) continue
      const near = nearest(key, Object.keys(fields))
      this.field([...path, key], 'there is no such field', near ? `did you mean "${near}"?` : undefined)
    }
    for (const [key, need] of Object.entries(fields)) {
      if (need === 'required' && said[key] === undefined) this.field(path, `the field "${key}" is missing`)
    }
    return said
  }

  optional<Value>(fields: Fields, key: string, read: (value: unknown) => Value): Value | undefined {
    return fields[key] === undefined ? undefined : read(fields[key])
  }

  /** Text of any kind but empty or with a NUL. A missing value was told before. */
  text(path: Path, value: unknown): string {
    if (value === undefined) return ''
    if (typeof value !== 'string') this.field(path, 'it is not a text')
    else if (value === '') this.field(path, 'it is empty')
    else if (value.includes('\0')) this.field(path, 'it has a NUL in it')
    else return value
    return ''
  }

  /** Text that goes into messages, lists and keys, one a line. */
  line(path: Path, value: unknown): string {
    const text = this.text(path, value)
    if (/[\0-\x1f\x7f]/.test(text)) this.field(path, 'it has control characters or more than one line')
    return text
  }

  oneOf<Choice extends string>(path: Path, value: unknown, choices: readonly [Choice, ...Choice[]]): Choice {
    const found = choices.find(choice => choice === value)
    if (!found) this.field(path, `it is not one of ${choices.map(choice => `"${choice}"`).join(', ')}`)
    return found ?? choices[0]
  }

  list(path: Path, value: unknown): readonly unknown[] | undefined {
    if (value === undefined || Array.isArray(value)) return value
    this.field(path, 'it is not a list')
    return undefined
  }

  texts(path: Path, value: unknown): readonly string[] {
    return (this.list(path, value) ?? []).map((one, index) => this.line([...path, index], one))
  }

  environment(value: unknown): Package['env'] {
    if (value === undefined) return []
    if (typeof value !== 'object' || value === null || Array.isArray(value)) {
      this.field(['env'], 'it is not an object of names and values')
      return []
    }
    return Object.entries(value)
      .map(([name, text]) => {
        if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(name))
          this.field(['env', name], 'it is not the name of a variable')
        return [name, this.line(['env', name], text)] as const
      })
      .sort(([a], [b]) => byCodeUnit(a, b))
  }

  version(value: unknown): string {
    const text = this.line(['version'], value)
    if (text !== '' && !/^[A-Za-z0-9][A-Za-z0-9+._~]*$/.test(text)) {
      this.field(['version'], `it has other characters than letters, digits and + . _ ~: ${quoted(text)}`)
    }
    return text
  }

  release(value: unknown): number {
    if (typeof value === 'number' && Number.isSafeInteger(value) && value > 0) return value
    this.field(['release'], 'it is not a whole number above 0')
    return 1
  }

  url(path: Path, value: unknown): string {
    const text = this.line(path, value)
    if (text !== '' && !(/^(https?|ftp|file):\/\/[^\s]+$/.test(text) && URL.canParse(text))) {
      this.field(path, `it is not a url: ${quoted(text)}`)
    }
    return text
  }

  license(value: unknown): string {
    const text = this.line(['license'], value)
    if (text === '' || isLicense(text)) return text
    this.field(['license'], `it is not an SPDX expression: ${quoted(text)}`, 'see https://spdx.org/licenses/')
    return text
  }

  sources(manifest: Fields): readonly PackageSource[] {
    if (manifest.source !== undefined && manifest.sources !== undefined)
      this.field(['source'], 'there are sources as well', 'one is said as source, several as sources')
    const one = manifest.source === undefined ? [] : this.source(['source'], manifest.source)
    const many = (this.list(['sources'], manifest.sources) ?? []).flatMap((value, index) =>
      this.source(['sources', index], value),
    )
    this.#differentFiles(many)
    return [...one, ...many]
  }

  source(path: Path, value: unknown): readonly PackageSource[] {
    const said = this.object(path, value, SOURCE_FIELDS)
    if (!said) return []
    const digest = this.text([...path, 'sha256'], said.sha256)
    if (digest !== '' && !isSha256(digest)) {
      this.problems.push({ kind: 'bad-digest', at: this.#at([...path, 'sha256']), digest })
    }
    const urls = this.#urls(path, said)
    const fallback =
      urls[0]
        ?.replace(/[?#].*$/, '')
        .split('/')
        .at(-1) ?? ''
    const file = this.optional(said, 'file', name => this.text([...path, 'file'], name)) ?? fallback
    if ((urls.length > 0 || said.file !== undefined) && !isFileName(file)) {
      this.field(
        [...path, said.file !== undefined ? 'file' : said.url !== undefined ? 'url' : 'urls'],
        `it is not a plain file name: ${quoted(file)}`,
        "name it: file: '…'",
      )
    }
    const into = this.optional(said, 'into', folder => this.text([...path, 'into'], folder)) ?? '.'
    if (into !== '.' && !into.split('/').every(isFileName)) {
      const why = /^\/|(^|\/)\.\.(\/|$)/.test(into)
        ? 'it leads outside of the build folder'
        : 'it is not a plain path'
      this.field([...path, 'into'], `${why}: ${quoted(into)}`)
    }
    if (said.unpack !== undefined && typeof said.unpack !== 'boolean')
      this.field([...path, 'unpack'], 'it is not true or false')
    return [{ sha256: digest as Sha256, urls, file, into, unpack: said.unpack !== false }]
  }

  #urls(path: Path, said: Fields): readonly string[] {
    if (said.url === undefined && said.urls === undefined) this.field(path, 'the field "url" is missing')
    if (said.url !== undefined && said.urls !== undefined)
      this.field([...path, 'url'], 'there are urls as well', 'one is said as url, several as urls')
    if (said.url !== undefined) return [this.url([...path, 'url'], said.url)]
    const urls = (this.list([...path, 'urls'], said.urls) ?? []).map((url, at) =>
      this.url([...path, 'urls', at], url),
    )
    if (said.urls !== undefined && urls.length === 0 && said.file === undefined)
      this.field([...path, 'urls'], 'it names no url')
    return urls
  }

  #differentFiles(sources: readonly PackageSource[]): void {
    const seen = new Set<string>()
    sources.forEach(({ file }, index) => {
      if (seen.has(file)) this.problems.push({ kind: 'same-file', at: this.#at(['sources', index]), file })
      seen.add(file)
    })
  }

  patch(index: number, patch: string, files: readonly PackageFile[]): void {
    if (patch === '' || files.some(file => file.path === patch)) return
    const folder = `pkg/${this.#loaded.name}/files`
    this.problems.push({ kind: 'missing-patch', at: this.#at(['patches', index]), patch, folder })
  }

  dependencies(field: string, value: unknown): readonly string[] {
    const names = this.texts([field], value)
    names.forEach((name, index) => {
      this.#edge(name, [field, index])
      if (names.indexOf(name) < index) this.field([field, index], `"${name}" is named twice`)
    })
    return names
  }

  /** What the build system says that it runs; the manifest says it by naming the build system. */
  impliedBuildDeps(names: readonly string[] = []): readonly string[] {
    for (const name of names) this.#edge(name, ['build'])
    return names
  }

  /** Whether the packages that it names hold a shell, is not to be seen before they are built. */
  noShell({ buildDeps }: Fields): void {
    // Of what is no list was told before.
    if (buildDeps !== undefined && !Array.isArray(buildDeps)) return
    const path = buildDeps === undefined ? ['build'] : ['buildDeps']
    this.field(path, 'no package gives the build a shell', "add buildDeps: ['seed']")
  }

  #edge(to: string, path: Path): void {
    if (this.#known.has(to)) {
      this.edges.push({ to, path })
      return
    }
    const near = nearestPackage(to, this.#known)
    const at = this.#at(path)
    this.problems.push({ kind: 'unknown-dependency', at, name: to, ...(near ? { nearest: near } : {}) })
  }

  build(value: unknown, sources: readonly PackageSource[]): Build | undefined {
    if (value === undefined) return undefined
    const said = (typeof value === 'object' && value !== null ? value : {}) as Fields
    if (said.import === 'archive') {
      if (sources.length !== 1) this.field(['build'], 'a package that is its source has one source')
      return { kind: 'import' }
    }
    if (typeof said.script !== 'string') {
      this.field(
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
      ...(said.buildDeps === undefined ? {} : { buildDeps: this.texts(['build'], said.buildDeps) }),
    }
  }

  importHasNo(manifest: Fields, files: readonly PackageFile[]): void {
    for (const field of OF_A_SCRIPT) {
      if (manifest[field] !== undefined)
        this.field([field], 'a package that is its source is not built', 'leave the field out')
    }
    const [file] = files
    if (file)
      this.field(['build'], `a package that is its source has no use for files/${file.path}`, 'take it out')
  }

  impliedCheck(build: Build | undefined, check: string | undefined): ScriptOrSkipped {
    if (build?.kind === 'import') return { kind: 'skipped', why: 'it is not built' }
    if (check !== undefined) return { kind: 'script', text: check }
    if (build)
      this.field(
        ['build'],
        'how the check is run is not said',
        "add check: sh`…`, or check: skip('why it cannot run')",
      )
    return { kind: 'skipped', why: '' }
  }

  scriptOrSkipped(field: 'check' | 'test', value: unknown): ScriptOrSkipped {
    const said = (typeof value === 'object' && value !== null ? value : {}) as Fields
    if (typeof said.script === 'string') return { kind: 'script', text: said.script }
    if (typeof said.skip === 'string' && said.skip.trim() !== '')
      return { kind: 'skipped', why: this.line([field], said.skip) }
    if (value !== undefined)
      this.field([field], 'it is not a script', "write it as sh`…`, or say skip('why there is none')")
    return { kind: 'skipped', why: '' }
  }

  setuid(value: unknown): readonly string[] {
    const paths = (this.list(['setuid'], value) ?? []).map((path, index) =>
      this.text(['setuid', index], path),
    )
    paths.forEach((path, index) => {
      const plain = entryPath(path)
      if (path !== '' && !(plain.ok && plain.value === path)) {
        const why = plain.ok ? 'it is written in another way than in the package' : plain.error
        this.field(['setuid', index], `${why}: ${quoted(path)}`, "a path below $DESTDIR, such as 'bin/su'")
      }
      if (paths.indexOf(path) < index) this.field(['setuid', index], `${quoted(path)} is named twice`)
    })
    return [...paths].sort(byCodeUnit)
  }

  postInstall(value: unknown, build: Build | undefined): string {
    const said = (typeof value === 'object' && value !== null ? value : {}) as Fields
    if (typeof said.script !== 'string')
      this.field(['postInstall'], 'it is not a script', 'write it as sh`…`')
    else if (build?.kind === 'import')
      this.field(['postInstall'], 'a package that is its source holds what the source holds')
    return typeof said.script === 'string' ? said.script : ''
  }

  impliedUpdate(version: string, [first]: readonly PackageSource[]): PackageUpdate {
    const known = knownUpdate(version, first?.urls[0] ?? '')
    if (known) return known
    // A missing version was told before.
    if (version === '') return { kind: 'fixed', why: '' }
    this.field(
      ['update'],
      'where newer versions are found is not said, and the url does not tell',
      "add update: { kind: 'listing' or 'git-tags', url: '…', pattern: '…' }, or { kind: 'fixed', why: '…' }",
    )
    return { kind: 'fixed', why: '' }
  }

  update(value: unknown): PackageUpdate {
    const none: PackageUpdate = { kind: 'fixed', why: '' }
    const kind = (value as Fields | null)?.kind
    const fields: Readonly<Record<string, 'required' | 'optional'>> =
      kind === 'fixed'
        ? { kind: 'required', why: 'required' }
        : { kind: 'required', url: 'required', pattern: 'required' }
    const said = this.object(['update'], value, fields)
    if (!said) return none
    const known = this.oneOf(['update', 'kind'], kind, ['listing', 'git-tags', 'fixed'])
    if (known === 'fixed') return { kind: known, why: this.line(['update', 'why'], said.why) }
    const url = this.url(['update', 'url'], said.url)
    const pattern = this.line(['update', 'pattern'], said.pattern)
    try {
      if (new RegExp(`${pattern}|`).exec('')?.length === 1)
        this.field(['update', 'pattern'], 'it has no group for the version')
    } catch {
      this.field(['update', 'pattern'], 'it is not a regular expression')
    }
    return { kind: known, url, pattern }
  }

  wrongName(name: string): void {
    const at = this.#at(['name'])
    if (this.#known.has(name))
      this.problems.push({ kind: 'duplicate-name', at, name, other: manifestPath(name) })
    else
      this.field(
        ['name'],
        `the folder is pkg/${this.#loaded.name}`,
        'a package is named as its folder; leave the field out',
      )
  }
}

const licenses = new Map<string, boolean>()

function isLicense(text: string): boolean {
  let good = licenses.get(text)
  if (good === undefined) {
    try {
      parseLicense(text)
      good = true
    } catch {
      good = false
    }
    licenses.set(text, good)
  }
  return good
}
