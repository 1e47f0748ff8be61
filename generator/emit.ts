import { dependencyLine } from '../core/pkgkey.ts'
import { hereDocument, shellWord } from '../core/shell.ts'
import type { Api } from './api.ts'
import { keyText } from './key.ts'
import type { Package } from './package.ts'
import { buildScript } from './script.ts'
import type { Input } from './tree.ts'

/** A file as it is to stand in the tree. */
export interface Emitted {
  /** From the root of the tree. */
  readonly path: string
  readonly text: string
}

/** The shell that reads the test of a package whose run closure holds none. */
const TEST_SHELL = 'seed'

/** All files of one package. They depend on the package alone, so an edit re-emits one package. */
export function emitPackage(pkg: Package): readonly Emitted[] {
  return [
    rule(pkg, '.pkghash', pkghash(pkg)),
    rule(pkg, '.closure', closure(pkg)),
    rule(pkg, '.bclosure', bclosure(pkg)),
    rule(pkg, '.pkg.tar.gz', packageTar(pkg)),
    rule(pkg, '.test', test(pkg)),
    { path: `pkg/${pkg.name}/.fetch`, text: fetchList(pkg) },
  ]
}

/** What redo makes in the folder of a package, beside what is emitted there. */
export const targets: readonly string[] = [
  '.pkghash',
  '.closure',
  '.bclosure',
  '.pkg.tar.gz',
  '.tarhash',
  '.test',
]

/** What is emitted into the folder of a package, at most. */
export const emittedNames: readonly string[] = [...targets.map(target => `${target}.do`), '.fetch']

/** What was emitted and made in a tree before the first release, and is no more. */
export const formerFiles: readonly string[] = ['.pkgkey', '.pkgkey.do', 'default.pkghash.do']

/** What the compiler knows the packages by. */
export const emitNames = (names: readonly string[]): Emitted => ({
  path: 'pkg/names.d.ts',
  text: [
    '// Emitted by coolports-gen: the packages of this tree.',
    'interface CoolportsPackages {',
    ...names.map(name => `  readonly '${name}': true`),
    '}',
    '',
  ].join('\n'),
})

/** What every package depends on. */
export const API_TARGET = 'pkg/.api'

/** Refuses the rules of all packages when the manifest API, which they were made with, is another by now. */
export const emitApi = ({ inputs }: Api): Emitted => ({
  path: `${API_TARGET}.do`,
  text: [
    '#!/bin/sh\n# Emitted by coolports-gen: the manifest API that the rules of the packages were made with.\n',
    START,
    `redo-ifchange ${words(inputs.map(({ path }) => `../${path}`))}\n`,
    madeFrom(inputs.map(({ path, sha256 }) => ({ path: `../${path}`, sha256 }))),
    `printf '%s\\n' "$made" | sha256sum -c >/dev/null 2>&1 || ${endStale('pkg: cannot build: the emitted rules are older than the manifest API', OTHERS)}`,
    'echo same >"$3"\n',
    STAMP,
  ].join(''),
})

const START = 'set -eu\nexec >&2\n'

const STAMP = [
  '# What came out the same rebuilds nothing, where redo can be told so.\n',
  'if command -v redo-stamp >/dev/null; then redo-stamp <"$3"; fi\n',
].join('')

/** The digest that an input has to have, as sha256sum prints it. */
const madeLine = ({ path, sha256 }: Input): string => `${sha256}  ${path}`

const madeFrom = (inputs: readonly Input[]): string =>
  [
    '# This rule was made from inputs with these digests; from others it would be stale.\n',
    `made=${shellWord(inputs.map(madeLine).join('\n'))}\n`,
  ].join('')

/** Says which inputs are no more what the rule was made from. */
const OTHERS = `printf '%s\\n' "$made" | sha256sum -c 2>&1 | sed '/: OK$/d'`

/** Ends the script, saying `why`, and by the command `which` of what it speaks. */
const endStale = (why: string, which: string): string =>
  [
    '{\n',
    `  echo '${why}'\n`,
    `  ${which}\n`,
    "  echo '  run: npx coolports-gen'\n",
    '  exit 1\n',
    '}\n',
  ].join('')

const olderThanManifest = ({ name }: Package): string =>
  `pkg/${name}: cannot build: the emitted rules are older than the manifest`

/** The same where the digests of its files are those, but not their modes, which the key holds as well. */
function unlessOthersExecutable(pkg: Package): string {
  if (pkg.files.length === 0) return ''
  const all = pkg.files.map(({ path }) => `files/${path}`)
  const executable = pkg.files.filter(({ mode }) => mode === '755').map(({ path }) => `files/${path}`)
  return [
    `executable=$(find ${words(all)} \\( -perm -100 -o -perm -010 -o -perm -001 \\))\n`,
    `[ "$executable" = ${shellWord(executable.join('\n'))} ] || ${endStale(olderThanManifest(pkg), "echo 'files: others are executable now'")}`,
  ].join('')
}

function rule(pkg: Package, target: string, body: string): Emitted {
  const head = `#!/bin/sh\n# Emitted by coolports-gen from pkg/${pkg.name}/package.ts: edit that instead.\n`
  return { path: `pkg/${pkg.name}/${target}.do`, text: head + START + body }
}

/**
 * The key of the package, below the sha256 that names it. The text is a word and no here-document, and bin/do-key reads
 * the inputs and the text at once: of a tree that was never built there are as many keys as packages, and to start a
 * program for each thing took most of their time.
 */
function pkghash(pkg: Package): string {
  const inputs = [
    ...pkg.inputs.map(({ path, sha256 }) => ({ sha256, path: fromPackage(pkg, path) })),
    ...pkg.files.map(({ path, sha256 }) => ({ sha256, path: `files/${path}` })),
  ]
  const dependencies = [
    ...pkg.runDeps.map(name => ({ kind: 'run-dep', name }) as const),
    ...pkg.buildDeps.map(name => ({ kind: 'build-dep', name }) as const),
  ]
  const hashes = dependencies.map(({ name }) => `../${name}/.pkghash`)
  const text = keyText(pkg)
  return [
    `redo-ifchange ${words([fromPackage(pkg, API_TARGET), ...inputs.map(({ path }) => path), ...new Set(hashes)])}\n`,
    `key=${shellWord(text.slice(0, -1))}\n`,
    ...dependencies.map(
      ({ kind, name }) =>
        `read -r hash <../${name}/.pkghash\nkey="$key\n${dependencyLine(kind, name, '$hash')}"\n`,
    ),
    text.length < LARGE_WORD ? `printf '%s\\n' "$key" >"$3"\n` : 'cat >"$3" <<END\n$key\nEND\n',
    '# Puts the sha256 of the key above it, if the inputs are those that this rule was made from.\n',
    `../../bin/do-key "$3"${inputs.map(input => ` \\\n  ${shellWord(madeLine(input))}`).join('')}\n`,
    unlessOthersExecutable(pkg),
    STAMP,
  ].join('')
}

/** In mksh printf is a program, and no program takes a word of 128 KiB. In UTF-16 code units; the hashes of dependencies come to it. */
const LARGE_WORD = 16 * 1024

/** The run closures of packages, as seen from the folder of another one. */
const closuresOf = (names: readonly string[]): readonly string[] => names.map(name => `../${name}/.closure`)

/** Lines as they come, each once: where two packages have a file of one path, the earlier package's is seen. */
const UNIQUE = "awk '!seen[$1]++'"

/** The package and all that it needs to run, one path a line. */
function closure(pkg: Package): string {
  const others = closuresOf(pkg.runDeps)
  const own = `../${pkg.name}/.pkg.tar.gz`
  const list =
    others.length === 0
      ? `echo ${own} >"$3"\n`
      : `${UNIQUE} - ${others.map(path => `${path} `).join('')}>"$3" ${hereDocument(own)}`
  return `redo-ifchange ${words(['.pkghash', ...others])}\n${list}`
}

/** What stands in the root of the build: the run closures of the build-deps. For people: a build reads these lists itself. */
function bclosure(pkg: Package): string {
  const others = closuresOf(pkg.buildDeps)
  if (others.length === 0)
    return 'redo-ifchange .pkghash\necho >"$3" # an empty target would be made again and again by some redos\n'
  return `redo-ifchange ${words(['.pkghash', ...others])}\n${UNIQUE} ${others.join(' ')} >"$3"\n`
}

function packageTar(pkg: Package): string {
  const full = `${pkg.name}-${pkg.version}-${pkg.release}`
  const reuse = [
    'redo-ifchange .pkghash\n',
    '# The store may have it from an earlier build of the same key, a package cache from that of somebody else.\n',
    'read -r hash <.pkghash\n',
    'if [ -e "${COOLPORTS_STORE:-../../.store}/packages/$hash.tar.gz" ] ||\n',
    '  [ -n "${PKG_CACHE_URL-}${PACKAGE_CACHE_URL-}${PKG_FORCE_BINARY-}" ]; then\n',
    '  status=0\n',
    '  ../../bin/do-reuse .pkghash "$3" || status=$?\n',
    '  # 3: it is to be built, 2: it may not be. With any other one it came to grief.\n',
    '  case $status in 0) exit 0 ;; 3) ;; 2) exit 1 ;; *) [ -z "${PKG_FORCE_BINARY-}" ] || exit 1 ;; esac\n',
    'fi\n',
  ]
  const fetch = pkg.sources.length > 0 ? [`../../bin/do-fetch ../${pkg.name}/.fetch\n`] : []
  if (pkg.build.kind === 'import') {
    return [
      ...reuse,
      ...fetch,
      `../../bin/do-build --import ${full} --key .pkghash --fetch .fetch --out "$3"\n`,
    ].join('')
  }
  // Without a build-dep there is no list but the empty one.
  const closures = pkg.buildDeps.length === 0 ? ['.bclosure'] : closuresOf(pkg.buildDeps)
  const options = [
    `--package ${full}`,
    '--key .pkghash',
    ...closures.map(path => `--closure ${path}`),
    ...(pkg.sources.length > 0 ? ['--fetch .fetch'] : []),
    ...(pkg.files.length > 0 ? ['--files files'] : []),
    ...pkg.hostPaths.map(path => `--host ${shellWord(path)}`),
    '--out "$3"',
  ]
  return [
    ...reuse,
    ...fetch,
    `redo-ifchange ${words(closures)}\n`,
    `redo-ifchange $(cat ${closures.join(' ')})\n`,
    `../../bin/do-build ${options.join(' \\\n  ')} ${hereDocument(buildScript(pkg), 'END_OF_BUILD')}`,
  ].join('')
}

/** The finished package in a sandbox with what it says it needs; whatever else the test needs comes after it. */
function test(pkg: Package): string {
  if (pkg.test.kind === 'skipped') {
    return `redo-ifchange .pkghash\necho ${shellWord(`skipped: ${pkg.test.why}`)} >"$3"\n`
  }
  const closures = ['.closure', ...closuresOf(pkg.testDeps)]
  return [
    `redo-ifchange ${words(['.pkghash', `../${TEST_SHELL}/.pkg.tar.gz`, ...closures])}\n`,
    ...closures.map(path => `redo-ifchange $(cat ${path})\n`),
    `../../bin/do-build --package ${pkg.name}-${pkg.version}-${pkg.release} --test --shell ../${TEST_SHELL}/.pkg.tar.gz \\\n`,
    `  ${closures.map(path => `--closure ${path} `).join('')}--out "$3" ${hereDocument(pkg.test.text, 'END_OF_TEST')}`,
  ].join('')
}

/** The sources as do-fetch reads them; recutils form. */
function fetchList(pkg: Package): string {
  const records = pkg.sources.map(source =>
    [`file: ${source.file}`, ...source.urls.map(url => `url: ${url}`), `sha256: ${source.sha256}`, ''].join(
      '\n',
    ),
  )
  return `# Emitted by coolports-gen from pkg/${pkg.name}/package.ts: edit that instead.\n\n${records.join('\n')}`
}

/** A path below pkg/, from the root of the tree, as seen from the folder of the package. */
function fromPackage(pkg: Package, path: string): string {
  const own = `pkg/${pkg.name}/`
  return path.startsWith(own) ? path.slice(own.length) : `../${path.slice('pkg/'.length)}`
}

/** Words of a command, each on a line of its own when they are many. */
const words = (all: readonly string[]): string => all.map(shellWord).join(all.length > 3 ? ' \\\n  ' : ' ')
