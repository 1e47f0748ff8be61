import { entryPath } from '../../core/entry-path.ts'
import { quoted } from '../../core/message.ts'
import { byCodeUnit } from '../../core/order.ts'
import { ok, type Result, refuse } from '../../core/result.ts'
import type { Loaded } from '../load.ts'
import type { Edge, Package } from '../package.ts'
import type { Problem } from '../problem.ts'
import { manifestPath, type PackageFile } from '../tree.ts'
import { impliedDependencies, readDependencies, tellNoShell } from './dependencies.ts'
import { readLicense } from './license.ts'
import { Reader, type Shape } from './reader.ts'
import {
  impliedCheck,
  readBuild,
  readPostInstall,
  readScriptOrSkipped,
  tellUselessForImport,
} from './scripts.ts'
import { readSources } from './sources.ts'
import { impliedUpdate, readUpdate } from './update.ts'

/** A manifest whose shape is right; whether its dependencies go in circles is the graph's business. */
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
  const reader = new Reader(loaded)
  const manifest = reader.object([], loaded.value, MANIFEST)
  if (!manifest) return refuse(reader.problems)

  checkName(reader, loaded.name, manifest.name, known)
  const sources = readSources(reader, manifest)
  const patches = readPatches(reader, loaded.name, manifest.patches, files)
  const hostPaths = readHostPaths(reader, manifest.hostPaths)
  const build = readBuild(reader, manifest.build, sources)
  if (build?.kind === 'import') tellUselessForImport(reader, manifest, files)
  const scripted = build?.kind === 'script' ? build : undefined
  const check =
    manifest.check === undefined
      ? impliedCheck(reader, build)
      : readScriptOrSkipped(reader, 'check', manifest.check)
  const test = readScriptOrSkipped(reader, 'test', manifest.test)
  const buildDeps =
    manifest.buildDeps === undefined
      ? impliedDependencies(reader, known, scripted?.buildDeps)
      : readDependencies(reader, known, 'buildDeps', manifest.buildDeps)
  const runDeps = readDependencies(reader, known, 'runDeps', manifest.runDeps)
  const testDeps = readDependencies(reader, known, 'testDeps', manifest.testDeps)
  if (scripted && buildDeps.names.length === 0 && hostPaths.length === 0) tellNoShell(reader, manifest)
  const version = readVersion(reader, manifest.version)
  const found: Package = {
    name: loaded.name,
    version,
    release: manifest.release === undefined ? 1 : readRelease(reader, manifest.release),
    description: reader.line(['description'], manifest.description),
    homepage: reader.url(['homepage'], manifest.homepage),
    license: readLicense(reader, manifest.license),
    sources,
    patches,
    buildDeps: buildDeps.names,
    runDeps: runDeps.names,
    testDeps: testDeps.names,
    hostPaths,
    env: readEnvironment(reader, manifest.env),
    build: scripted ? { kind: 'script', text: scripted.text } : { kind: 'import' },
    check,
    test,
    update:
      manifest.update === undefined
        ? impliedUpdate(reader, version, sources)
        : readUpdate(reader, manifest.update),
    strip:
      manifest.strip === undefined
        ? 'all'
        : reader.oneOf(['strip'], manifest.strip, ['all', 'debug', 'none']),
    setuid: readSetuid(reader, manifest.setuid),
    ...(manifest.postInstall === undefined
      ? {}
      : { postInstall: readPostInstall(reader, manifest.postInstall, build) }),
    files,
    inputs: loaded.inputs,
  }
  const edges = [buildDeps, runDeps, testDeps].flatMap(one => one.edges)
  return reader.problems.length > 0 ? refuse(reader.problems) : ok({ package: found, edges })
}

const MANIFEST: Shape = {
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

function checkName(reader: Reader, folder: string, value: unknown, known: ReadonlySet<string>): void {
  if (value === undefined) return
  const name = reader.text(['name'], value)
  if (name === folder) return
  if (known.has(name)) {
    const at = reader.at(['name'])
    reader.problems.push({ kind: 'duplicate-name', at, name, other: manifestPath(name) })
  } else
    reader.field(
      ['name'],
      `the folder is pkg/${folder}`,
      'a package is named as its folder; leave the field out',
    )
}

function readVersion(reader: Reader, value: unknown): string {
  const text = reader.line(['version'], value)
  if (text !== '' && !/^[A-Za-z0-9][A-Za-z0-9+._~]*$/.test(text)) {
    reader.field(['version'], `it has other characters than letters, digits and + . _ ~: ${quoted(text)}`)
  }
  return text
}

function readRelease(reader: Reader, value: unknown): number {
  if (typeof value === 'number' && Number.isSafeInteger(value) && value > 0) return value
  reader.field(['release'], 'it is not a whole number above 0')
  return 1
}

function readPatches(
  reader: Reader,
  name: string,
  value: unknown,
  files: readonly PackageFile[],
): readonly string[] {
  const patches = reader.texts(['patches'], value)
  patches.forEach((patch, index) => {
    if (patch === '' || files.some(file => file.path === patch)) return
    const folder = `pkg/${name}/files`
    reader.problems.push({ kind: 'missing-patch', at: reader.at(['patches', index]), patch, folder })
  })
  return patches
}

function readHostPaths(reader: Reader, value: unknown): readonly string[] {
  const paths = reader.texts(['hostPaths'], value)
  paths.forEach((path, index) => {
    if (!/^(\/[A-Za-z0-9_][A-Za-z0-9+._-]*)+$/.test(path)) {
      reader.field(['hostPaths', index], `it is not a plain absolute path: ${quoted(path)}`)
    }
  })
  return paths
}

function readEnvironment(reader: Reader, value: unknown): Package['env'] {
  if (value === undefined) return []
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    reader.field(['env'], 'it is not an object of names and values')
    return []
  }
  return Object.entries(value)
    .map(([name, text]) => {
      if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(name))
        reader.field(['env', name], 'it is not the name of a variable')
      return [name, reader.line(['env', name], text)] as const
    })
    .sort(([a], [b]) => byCodeUnit(a, b))
}

function readSetuid(reader: Reader, value: unknown): readonly string[] {
  const paths = (reader.list(['setuid'], value) ?? []).map((path, index) =>
    reader.text(['setuid', index], path),
  )
  paths.forEach((path, index) => {
    const plain = entryPath(path)
    if (path !== '' && !(plain.ok && plain.value === path)) {
      const why = plain.ok ? 'it is written in another way than in the package' : plain.error
      reader.field(['setuid', index], `${why}: ${quoted(path)}`, "a path below $DESTDIR, such as 'bin/su'")
    }
    if (paths.indexOf(path) < index) reader.field(['setuid', index], `${quoted(path)} is named twice`)
  })
  return [...paths].sort(byCodeUnit)
}
