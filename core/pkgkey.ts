import { isSha256, type Sha256 } from './digest.ts'
import { quoted } from './message.ts'
import { isPackageName } from './name.ts'
import { ok, type Result, refuse } from './result.ts'

/**
 * The key of a package: a line for each thing that the package's bytes depend on. Its sha256 is the
 * pkghash. The lines, in their order:
 *
 *     coolports-pkgkey 1        the format
 *     name NAME
 *     version VERSION
 *     release NUMBER
 *     arch ARCH                 this one and the next two: core/conventions.ts
 *     sandbox NUMBER
 *     tar NUMBER
 *     source SHA256 FILE        for each source; FILE is what the build finds it under
 *     file MODE SHA256 PATH     for each file below files/; MODE is 644 or 755
 *     host-path PATH            for each path of the host that the build sees
 *     setuid PATH               for each set-uid file of the package
 *     build KIND                script, or import where the one source is the package
 *     | LINE                    for each line of the script; for an empty one `|` alone
 *     run-dep NAME PKGHASH      for each dependency
 *     build-dep NAME PKGHASH
 *
 * Each ends with a newline, a NUMBER is whole and above 0, and what stands last may have blanks in it. The lines of the
 * script begin with a `|`, so that none is taken for another.
 */
export interface PkgKey extends Recipe {
  readonly runDeps: readonly Dependency[]
  readonly buildDeps: readonly Dependency[]
}

/** What the manifest decides of a key: all but the hashes of dependencies. */
interface Recipe {
  readonly name: string
  readonly version: string
  readonly release: number
  readonly arch: string
  readonly sandbox: number
  readonly tar: number
  readonly sources: readonly KeyedSource[]
  readonly files: readonly KeyedFile[]
  readonly hostPaths: readonly string[]
  /** There are no others: packing clears the bit elsewhere, and who takes a package from somebody compares. */
  readonly setuid: readonly string[]
  readonly build: 'script' | 'import'
  /** As `scriptLines` has them. */
  readonly script: readonly string[]
}

interface KeyedSource {
  readonly sha256: Sha256
  readonly file: string
}

export interface KeyedFile {
  readonly mode: '644' | '755'
  readonly sha256: Sha256
  /** Below `files/`. */
  readonly path: string
}

export interface Dependency {
  readonly kind: 'run-dep' | 'build-dep'
  readonly name: string
  readonly hash: Sha256
}

/**
 * What a key says. Refused, with the end of a sentence, where a line is missing that each key has, or is none that may
 * stand where it stands. Whether a text that is read is the whole of a key, its sha256 alone tells.
 */
export function parsePkgKey(text: string): Result<PkgKey, string> {
  const lines = text.split('\n')
  // The line to be read next. At one that may not stand where it stands reading ends.
  let at = 0
  let isBad = false
  const next = <Value>(read: Reader<Value>): Value | undefined => {
    const value = isBad ? undefined : read(lines[at] ?? '')
    if (value !== undefined) at++
    return value
  }
  const one = <Value>(read: Reader<Value>): Value => {
    const value = next(read)
    isBad ||= value === undefined
    return value as Value // or the key is refused
  }
  const all = <Value>(read: Reader<Value>): readonly Value[] => {
    const values: Value[] = []
    for (let value = next(read); value !== undefined; value = next(read)) values.push(value)
    return values
  }
  one(line => line === HEAD || undefined)
  const key: PkgKey = {
    name: one(nameIn),
    version: one(textIn('version')),
    release: one(numberIn('release')),
    arch: one(textIn('arch')),
    sandbox: one(numberIn('sandbox')),
    tar: one(numberIn('tar')),
    sources: all(sourceIn),
    files: all(fileIn),
    hostPaths: all(textIn('host-path')),
    setuid: all(textIn('setuid')),
    build: one(buildIn),
    script: all(scriptLineIn),
    runDeps: all(dependencyOf('run-dep')),
    buildDeps: all(dependencyOf('build-dep')),
  }
  const isRest = at === lines.length - 1 && lines[at] === ''
  if (isRest && !isBad) return ok(key)
  const line = isRest ? undefined : lines[at]
  const fault = line === undefined ? 'it ends too early' : `line ${at + 1} is ${quoted(line.slice(0, 100))}`
  return refuse(`it is no key of a package: ${fault}`)
}

/** What a line of one kind says; undefined of any other line. */
type Reader<Value> = (line: string) => Value | undefined

/** The lines of a key that its manifest decides. */
export const recipeText = (recipe: Recipe): string =>
  [
    HEAD,
    `name ${recipe.name}`,
    `version ${recipe.version}`,
    `release ${recipe.release}`,
    `arch ${recipe.arch}`,
    `sandbox ${recipe.sandbox}`,
    `tar ${recipe.tar}`,
    ...recipe.sources.map(sourceLine),
    ...recipe.files.map(fileLine),
    ...recipe.hostPaths.map(hostPathLine),
    ...recipe.setuid.map(path => `setuid ${path}`),
    `build ${recipe.build}`,
    ...recipe.script.map(line => (line === '' ? '|' : `| ${line}`)),
    '',
  ].join('\n')

const HEAD = 'coolports-pkgkey 1'

/** NAME-VERSION-RELEASE by the first lines of a key alone, whatever stands below them. */
export function labelIn(text: string): string | undefined {
  const [, name, version, release] = /^.*\nname (.*)\nversion (.*)\nrelease (.*)\n/.exec(text) ?? []
  return name && `${name}-${version}-${release}`
}

function textIn(label: string): Reader<string> {
  const start = `${label} `
  return line => (line.startsWith(start) && line !== start ? line.slice(start.length) : undefined)
}

function numberIn(label: string): Reader<number> {
  const read = textIn(label)
  return line => {
    const text = read(line)
    const number = Number(text)
    return Number.isSafeInteger(number) && number > 0 && String(number) === text ? number : undefined
  }
}

const nameIn: Reader<string> = line => {
  const name = textIn('name')(line)
  return name !== undefined && isPackageName(name) ? name : undefined
}

const buildIn: Reader<'script' | 'import'> = line =>
  line === 'build script' ? 'script' : line === 'build import' ? 'import' : undefined

export const sourceLine = ({ sha256, file }: KeyedSource): string => `source ${sha256} ${file}`

function sourceIn(line: string): KeyedSource | undefined {
  const [, digest = '', file = ''] = /^source (\S+) (.+)$/s.exec(line) ?? []
  return isSha256(digest) ? { sha256: digest, file } : undefined
}

/** Also of a file that no key can have, to tell of it: a symlink has no digest. */
export const fileLine = ({ mode, sha256, path }: { readonly [Key in keyof KeyedFile]: string }): string =>
  `file ${mode} ${sha256} ${path}`

function fileIn(line: string): KeyedFile | undefined {
  const [, mode, digest = '', path = ''] = /^file (644|755) (\S+) (.+)$/s.exec(line) ?? []
  return isSha256(digest) ? { mode: mode === '755' ? '755' : '644', sha256: digest, path } : undefined
}

export const hostPathLine = (path: string): string => `host-path ${path}`

/** The lines of a script in a key, less what they begin with there. */
export const scriptLines = (script: string): readonly string[] =>
  script === '' ? [] : script.replace(/\n$/, '').split('\n')

const scriptLineIn: Reader<string> = line =>
  line === '|' ? '' : line.startsWith('| ') && line !== '| ' ? line.slice(2) : undefined

/** Without a hash: what a dependency is called, however it was made. */
export const dependencyLine = (kind: Dependency['kind'], name: string, hash?: string): string =>
  hash === undefined ? `${kind} ${name}` : `${kind} ${name} ${hash}`

/** The dependency that a line of a key names; undefined of any other line. */
export function dependencyIn(line: string): Dependency | undefined {
  const [, kind, name = '', hash = ''] = /^(run-dep|build-dep) (\S+) (\S+)$/.exec(line) ?? []
  if (!isPackageName(name) || !isSha256(hash)) return undefined
  return { kind: kind === 'run-dep' ? 'run-dep' : 'build-dep', name, hash }
}

const dependencyOf =
  (kind: Dependency['kind']): Reader<Dependency> =>
  line => {
    const found = dependencyIn(line)
    return found?.kind === kind ? found : undefined
  }
