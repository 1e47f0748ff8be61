import { API, type Api, bundleApi } from './api.ts'
import { type ImportedName, readJavaScript } from './javascript.ts'
import { locate, locateImport } from './locate.ts'
import { type Module, readModule, writtenPlace } from './module.ts'
import { nearest } from './nearest.ts'
import { nearestPackage } from './nearest-package.ts'
import { fieldName, type Problem } from './problem.ts'
import { type Failure, Realm, type Stranger } from './realm.ts'
import { type Input, manifestPath } from './tree.ts'
import { withoutTypes } from './types.ts'

/** A manifest that was evaluated: still only data of unknown shape. */
export interface Loaded {
  readonly name: string
  readonly text: string
  readonly value: unknown
  /** All files whose text decided on `value`, the manifest first. */
  readonly inputs: readonly Input[]
}

interface LoadedAll {
  readonly loaded: readonly Loaded[]
  readonly problems: readonly Problem[]
  /** What they were evaluated with. */
  readonly api: Api
}

/**
 * Evaluates the manifests of these packages, of all that are `known`. All problems are told, and all
 * manifests that have none.
 */
export async function loadManifests(
  root: string,
  names: readonly string[],
  known: ReadonlySet<string>,
  knownApi?: Api,
): Promise<LoadedAll> {
  // Other than the manifests the API always has types; its compiler works while the manifests are read.
  const coming = knownApi ?? bundleApi(root, (await import('esbuild')).build)
  const { found, problems } = await readModules(root, names, known)
  const api = await coming
  const realm = new Realm()
  realm.define({ name: API, imports: [], code: api.code })

  const unrunnable = new Set<string>()
  for (const module of found.values()) {
    const failure = realm.define({
      name: module.path,
      imports: module.imports.map(importedName),
      code: module.code,
    })
    if (!failure) continue
    unrunnable.add(module.path)
    problems.push({ kind: 'syntax', at: await placeOf(failure, module, found), text: failure.message })
  }
  const evaluable: Module[] = []
  for (const name of names) {
    const module = found.get(manifestPath(name))
    if (!module || unrunnable.has(module.path)) continue
    const foreign = module.imports.filter(asked => importedName(asked) === asked && asked !== API)
    if (foreign.length === 0) evaluable.push(module)
    for (const specifier of foreign)
      problems.push({ kind: 'import', at: locateImport(module.path, module.text, specifier), specifier })
  }

  const loaded: Loaded[] = []
  const results = realm.load(evaluable.map(module => module.path))
  const exported = realm.exportsOf(API)
  const missing = await missingNames(found, exported)
  for (const names of missing.values()) problems.push(...names)
  for (const [index, module] of evaluable.entries()) {
    // What came of it came of an undefined, which would pass for a field left out.
    if (missing.size > 0 && closureOf(module, found).some(({ path }) => missing.has(path))) continue
    const result = results[index]
    if (result?.kind === 'value' && result.strangers)
      problems.push(...result.strangers.map(one => strangerProblem(one, module)))
    else if (result?.kind === 'value') {
      const inputs = closureOf(module, found).map(input)
      loaded.push({ name: module.path.split('/')[1] ?? '', text: module.text, value: result.value, inputs })
    } else if (result) {
      problems.push(await evaluationProblem(result, module, found, known, exported))
    }
  }
  return { loaded, problems, api }
}

const input = ({ path, sha256 }: Module): Input => ({ path, sha256 })

const MANIFEST_IMPORT = /^\.\.\/([a-z0-9][a-z0-9+._-]*)\/package\.ts$/

/** The path of the manifest that is imported by `../NAME/package.ts`; any other name as it is. */
function importedName(specifier: string): string {
  const name = MANIFEST_IMPORT.exec(specifier)?.[1]
  return name === undefined ? specifier : manifestPath(name)
}

/** Reads the manifests of packages, and all that they import. One of no package, a symlink say, is left to who imports it. */
async function readModules(
  root: string,
  names: readonly string[],
  known: ReadonlySet<string>,
): Promise<{ readonly found: ReadonlyMap<string, Module>; readonly problems: Problem[] }> {
  const found = new Map<string, Module>()
  const problems: Problem[] = []
  const asked = new Set<string>()
  let wanted = names.map(manifestPath)
  while (wanted.length > 0) {
    for (const path of wanted) asked.add(path)
    const imported = new Set<string>()
    for (const result of await Promise.all(wanted.map(path => readModule(root, path)))) {
      if (result?.ok) {
        found.set(result.value.path, result.value)
        for (const specifier of result.value.imports)
          if (known.has(MANIFEST_IMPORT.exec(specifier)?.[1] ?? '')) imported.add(importedName(specifier))
      } else if (result) problems.push(...result.error)
    }
    wanted = [...imported].filter(path => !asked.has(path))
  }
  return { found, problems }
}

/** The manifest and those that it imports, itself first. */
function closureOf(module: Module, modules: ReadonlyMap<string, Module>): readonly Module[] {
  const seen = new Map<string, Module>([[module.path, module]])
  for (const found of seen.values()) {
    for (const specifier of found.imports) {
      const imported = modules.get(importedName(specifier))
      if (imported) seen.set(imported.path, imported)
    }
  }
  return [...seen.values()]
}

/**
 * What modules import by names that are not exported, by the paths of the modules. A name that stands for
 * no value may be a type, and is fine. What cannot be imported at all is left to who imports it.
 */
async function missingNames(
  modules: ReadonlyMap<string, Module>,
  api: readonly string[],
): Promise<ReadonlyMap<string, readonly Problem[]>> {
  const problems = new Map<string, readonly Problem[]>()
  const isMissing = ({ specifier, name }: ImportedName): boolean =>
    specifier === API
      ? api.length > 0 && !api.includes(name)
      : name !== 'default' && modules.has(importedName(specifier))
  for (const module of modules.values()) {
    const { path, text, names } = module
    if (!names.some(isMissing)) continue
    const stripped = await withoutTypes(path, text, 'used')
    const used = stripped.ok ? readJavaScript(stripped.value) : undefined
    const missing = (used && 'names' in used ? used.names : names).filter(isMissing)
    const told = missing.map(one => missingProblem(one, module, api))
    if (told.length > 0) problems.set(path, told)
  }
  return problems
}

function missingProblem(
  { specifier, name }: ImportedName,
  { path, text }: Module,
  api: readonly string[],
): Problem {
  const near = specifier === API ? nearest(name, api) : undefined
  return {
    kind: 'evaluation',
    at: locateImport(path, text, specifier, name),
    text: `${JSON.stringify(importedName(specifier))} exports no ${JSON.stringify(name)}`,
    remedy:
      name === 'default'
        ? `its names are imported in braces: import { NAME } from '${specifier}'`
        : near === undefined
          ? `if it is a type, write: type ${name}`
          : `did you mean ${JSON.stringify(near)}?`,
  }
}

async function evaluationProblem(
  failure: Failure,
  module: Module,
  modules: ReadonlyMap<string, Module>,
  known: ReadonlySet<string>,
  api: readonly string[],
): Promise<Problem> {
  const { message, importing } = failure
  const importer = modules.get(importing?.by ?? '')
  const specifier = importer?.imports.find(asked => importedName(asked) === importing?.name)
  if (!importer || specifier === undefined) {
    const undefinedName = /^(\S+) is not defined$/.exec(message)?.[1]
    const remedy = failure.remedy ?? (undefinedName && toBeDefined(undefinedName, api))
    const at = await placeOf(failure, module, modules)
    return { kind: 'evaluation', at, text: message, ...(remedy ? { remedy } : {}) }
  }
  const at = locateImport(importer.path, importer.text, specifier)
  if (!importing?.missing) return { kind: 'evaluation', at, text: message }
  const name = MANIFEST_IMPORT.exec(specifier)?.[1] ?? specifier
  if (known.has(name))
    return { kind: 'evaluation', at, text: `the manifest of ${name}, which it imports, cannot be read` }
  const near = nearestPackage(name, known)
  return { kind: 'unknown-import', at, specifier, name, ...(near ? { nearest: near } : {}) }
}

const toBeDefined = (name: string, api: readonly string[]): string =>
  api.includes(name)
    ? `import it: import { ${name} } from '${API}'`
    : 'a manifest sees the manifest API and other manifests, nothing else; \\${NAME} is a variable of the shell'

/** Functions are told apart, for a call that lacks its parentheses is what they are most often. */
function strangerProblem({ path, what, name }: Stranger, { path: file, text }: Module): Problem {
  const at = locate(file, text, path)
  const remedy =
    path.length > 0 && name !== undefined && /^\w+$/.test(name)
      ? `its call has parentheses: ${name}()`
      : 'a manifest is data, which is there at once'
  return { kind: 'field', at, field: fieldName(path), why: `it is ${what}`, remedy }
}

/** Where a failure was seen in a manifest: in `module` itself, or in one that it imports. */
async function placeOf({ stack }: Failure, module: Module, modules: ReadonlyMap<string, Module>) {
  for (const [, path = '', line, column] of stack.matchAll(
    /(pkg\/[^\s:()]+\/package\.ts):(\d+)(?::(\d+))?/g,
  )) {
    const from = modules.get(path)
    if (from) return writtenPlace(from, { file: path, line: Number(line), column: Number(column ?? 1) })
  }
  return { file: module.path, line: 1, column: 1 }
}
