import { readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import type { BuildFailure, Message as EsbuildMessage } from 'esbuild'
import { type Sha256, sha256 } from '../core/digest.ts'
import type { Place } from '../core/message.ts'
import { byCodeUnit } from '../core/order.ts'
import { locateImport } from './locate.ts'
import type { Problem } from './problem.ts'
import { Realm } from './realm.ts'
import { type Input, manifestPath } from './tree.ts'

/** A manifest that was evaluated: still only data of unknown shape. */
export interface Loaded {
  readonly name: string
  readonly text: string
  readonly value: unknown
  /** All files whose text decided on `value`, the manifest first. */
  readonly inputs: readonly Input[]
}

/** Module name of the manifest API. */
const API = 'coolports'
const API_ENTRY = 'templates/index.ts'

/** Evaluates the manifests of these packages. All problems are told, and all manifests that have none. */
export async function loadManifests(
  root: string,
  names: readonly string[],
): Promise<{ readonly loaded: readonly Loaded[]; readonly problems: readonly Problem[] }> {
  const [api, modules] = await Promise.all([bundleApi(root), transpile(root, names)])
  const problems = [...modules.problems]
  const realm = new Realm()
  realm.define(API, api.code)
  for (const module of modules.found.values()) realm.define(module.path, module.code)

  const evaluable: Module[] = []
  for (const name of names) {
    const module = modules.found.get(manifestPath(name))
    const foreign = module?.imports.filter(asked => !isManifestImport(asked)) ?? []
    for (const specifier of foreign) {
      if (module)
        problems.push({ kind: 'import', at: locateImport(module.path, module.text, specifier), specifier })
    }
    if (module && foreign.length === 0) evaluable.push(module)
  }

  const loaded: Loaded[] = []
  const results = realm.load(evaluable.map(module => module.path))
  for (const [index, module] of evaluable.entries()) {
    const result = results[index]
    if (result?.kind === 'value') {
      const inputs = [...closureOf(module, modules.found).map(input), ...api.inputs]
      loaded.push({ name: module.path.split('/')[1] ?? '', text: module.text, value: result.value, inputs })
    } else if (result) {
      problems.push(await evaluationProblem(root, module, result, modules.found))
    }
  }
  return { loaded, problems }
}

interface Module {
  /** From the root of the tree. */
  readonly path: string
  readonly text: string
  readonly code: string
  readonly sha256: Sha256
  /** As they are written. */
  readonly imports: readonly string[]
}

const input = (module: Module): Input => ({ path: module.path, sha256: module.sha256 })

const MANIFEST_IMPORT = /^\.\.\/([a-z0-9][a-z0-9+._-]*)\/package\.ts$/

const isManifestImport = (specifier: string): boolean => specifier === API || MANIFEST_IMPORT.test(specifier)

/** The API is one module; its parts are inputs of every manifest. */
async function bundleApi(
  root: string,
): Promise<{ readonly code: string; readonly inputs: readonly Input[] }> {
  const { build } = await import('esbuild')
  const result = await build({
    entryPoints: [join(root, API_ENTRY)],
    absWorkingDir: root,
    bundle: true,
    write: false,
    format: 'cjs',
    target: 'node20',
    metafile: true,
    logLevel: 'silent',
  })
  const paths = Object.keys(result.metafile.inputs).sort(byCodeUnit)
  return {
    code: result.outputFiles[0]?.text ?? '',
    inputs: paths.map(path => ({ path, sha256: sha256(readFileSync(join(root, path))) })),
  }
}

/** Turns the manifests, and all that they import, into CommonJS that the realm can run. */
async function transpile(
  root: string,
  names: readonly string[],
): Promise<{ readonly found: ReadonlyMap<string, Module>; readonly problems: readonly Problem[] }> {
  const found = new Map<string, Module>()
  const problems: Problem[] = []
  const asked = new Set<string>()
  let wanted = names.map(manifestPath)
  while (wanted.length > 0) {
    for (const path of wanted) asked.add(path)
    const { modules, failures } = await transpileFiles(root, wanted)
    for (const module of modules) found.set(module.path, module)
    problems.push(...failures)
    const imported = modules
      .flatMap(module => module.imports)
      .flatMap(specifier => {
        const name = MANIFEST_IMPORT.exec(specifier)?.[1]
        return name === undefined ? [] : [manifestPath(name)]
      })
    wanted = [...new Set(imported)].filter(path => !asked.has(path))
  }
  return { found, problems }
}

async function transpileFiles(
  root: string,
  paths: readonly string[],
): Promise<{ readonly modules: readonly Module[]; readonly failures: readonly Problem[] }> {
  const { build } = await import('esbuild')
  const problems: Problem[] = []
  const present: string[] = []
  for (const path of paths) {
    // A manifest that imports a missing one is told so by the realm, at the line of the import.
    try {
      readFileSync(join(root, path))
      present.push(path)
    } catch {}
  }
  if (present.length === 0) return { modules: [], failures: problems }
  const options = {
    absWorkingDir: root,
    bundle: false,
    write: false,
    format: 'cjs',
    target: 'node20',
    charset: 'utf8',
    logLevel: 'silent',
    logLimit: 0,
    // Names in the order given, so that an output is found by its place.
    outdir: root,
  } as const
  const run = (some: readonly string[]) =>
    build({
      ...options,
      entryPoints: some.map((path, index) => ({ in: join(root, path), out: String(index) })),
    }).then(result => result.outputFiles)
  let outputs: Awaited<ReturnType<typeof run>>
  let good = present
  try {
    outputs = await run(present)
  } catch (error) {
    const errors = (error as BuildFailure).errors ?? []
    problems.push(...errors.map(syntaxProblem))
    const bad = new Set(errors.map(message => message.location?.file))
    good = present.filter(path => !bad.has(path))
    outputs = good.length > 0 && bad.size > 0 ? await run(good) : []
  }
  const codes = new Map(outputs.map(output => [resolve(output.path), output.text]))
  const modules = good.flatMap((path, index) => {
    const code = codes.get(join(root, `${index}.js`))
    if (code === undefined) return []
    const text = readFileSync(join(root, path))
    const imports = [...code.matchAll(/\brequire\("((?:[^"\\]|\\.)*)"\)/g)].map(
      match => JSON.parse(`"${match[1]}"`) as string,
    )
    return [{ path, text: text.toString('utf8'), code, sha256: sha256(text), imports }]
  })
  return { modules, failures: problems }
}

function syntaxProblem(message: EsbuildMessage): Problem {
  const at: Place = {
    file: message.location?.file ?? 'pkg',
    line: message.location?.line ?? 1,
    column: (message.location?.column ?? 0) + 1,
  }
  return { kind: 'syntax', at, text: message.text }
}

/** The manifest and those that it imports, itself first. */
function closureOf(module: Module, modules: ReadonlyMap<string, Module>): readonly Module[] {
  const seen = new Map<string, Module>([[module.path, module]])
  for (const found of seen.values()) {
    for (const specifier of found.imports) {
      const name = MANIFEST_IMPORT.exec(specifier)?.[1]
      const imported = name === undefined ? undefined : modules.get(manifestPath(name))
      if (imported) seen.set(imported.path, imported)
    }
  }
  return [...seen.values()]
}

/** Leads from a line of the code that ran back to the line that was written. */
async function evaluationProblem(
  root: string,
  module: Module,
  error: { readonly message: string; readonly stack: string },
  modules: ReadonlyMap<string, Module>,
): Promise<Problem> {
  const missing = /^a manifest cannot import "(.*)"$/.exec(error.message)?.[1]
  if (missing !== undefined) {
    const specifier = module.imports.find(
      asked => manifestPath(MANIFEST_IMPORT.exec(asked)?.[1] ?? '') === missing,
    )
    if (specifier) return { kind: 'import', at: locateImport(module.path, module.text, specifier), specifier }
  }
  for (const frame of error.stack.matchAll(/\(?(pkg\/[^\s:()]+\/package\.ts):(\d+):(\d+)\)?/g)) {
    const from = modules.get(frame[1] ?? '')
    if (!from) continue
    const [{ transform }, { originalPositionFor, TraceMap }] = await Promise.all([
      import('esbuild'),
      import('@jridgewell/trace-mapping'),
    ])
    const { map } = await transform(from.text, {
      loader: 'ts',
      format: 'cjs',
      target: 'node20',
      sourcemap: 'external',
      sourcefile: join(root, from.path),
    })
    // The realm puts the function's head before the first line.
    const line = Number(frame[2])
    const position = originalPositionFor(new TraceMap(map), { line, column: Number(frame[3]) - 1 })
    if (position.line !== null) {
      return {
        kind: 'evaluation',
        at: { file: from.path, line: position.line, column: position.column + 1 },
        text: error.message,
      }
    }
  }
  return { kind: 'evaluation', at: { file: module.path, line: 1, column: 1 }, text: error.message }
}
