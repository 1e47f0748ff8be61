import type { Package, PackageSource, PackageUpdate, ScriptOrSkipped } from '../../generator/package.ts'
import { command, jsonOption, packageOption } from '../command.ts'
import { findPackage } from '../find.ts'
import { readable, readTree } from '../manifests.ts'
import { complain, json, print, shown, shownLine } from '../output.ts'
import { paint } from '../paint.ts'

/**
 * JSON: `{ name, version, release, description, homepage, license, sources, patches, deps, hostPaths,
 * env, build, check, test, update, strip, setuid, postInstall, files }`, where
 * - `sources`: list of `{ file, sha256, urls, into, unpack }`
 * - `deps`: `{ build, run, test }`, each a list of names
 * - `env`: an object of variables, in order of name
 * - `build`: `{ kind: "script", text }` or `{ kind: "import" }`
 * - `check`, `test`: `{ kind: "script", text }` or `{ kind: "skipped", why }`
 * - `update`: `{ kind: "listing" | "git-tags", url, pattern }` or `{ kind: "fixed", why }`
 * - `strip`: "all", "debug" or "none"; `setuid`: a list of paths; `postInstall`: a text or null
 * - `files`: list of `{ path, mode, sha256 }`, what stands below the package's files/
 */
export const show = command({
  usage: 'show <package>',
  about: 'Show all that the manifest of a package says',
  examples: [
    ['coolports show make', 'for a person'],
    ['coolports show pkg/make --json', 'for a program'],
  ],
  options: yargs => jsonOption(packageOption(yargs)),
  run: async args => {
    const name = findPackage(args.tree, args.package)
    if (!name.ok) return complain(name.error)
    const read = await readTree(args.tree, [name.value])
    if (!read.ok) return complain(read.error)
    const found = readable(read.value, name.value)
    if (!found.ok) return complain(found.error)
    if (args.json) print(json(details(found.value)))
    else for (const line of page(found.value)) print(line)
    return 0
  },
})

const details = (pkg: Package) => ({
  name: pkg.name,
  version: pkg.version,
  release: pkg.release,
  description: pkg.description,
  homepage: pkg.homepage,
  license: pkg.license,
  sources: pkg.sources,
  patches: pkg.patches,
  deps: { build: pkg.buildDeps, run: pkg.runDeps, test: pkg.testDeps },
  hostPaths: pkg.hostPaths,
  env: Object.fromEntries(pkg.env),
  build: pkg.build,
  check: pkg.check,
  test: pkg.test,
  update: pkg.update,
  strip: pkg.strip,
  setuid: pkg.setuid,
  postInstall: pkg.postInstall ?? null,
  files: pkg.files,
})

function page(pkg: Package): readonly string[] {
  return [
    `${paint.bold(pkg.name)} ${paint.cyan(`${pkg.version}-${pkg.release}`)}  ${shown(pkg.description)}`,
    ...field('homepage', [shown(pkg.homepage)]),
    ...field('license', [shown(pkg.license)]),
    ...field('sources', pkg.sources.flatMap(source)),
    ...field('patches', pkg.patches.map(shown)),
    ...field('build-deps', inOneLine(pkg.buildDeps)),
    ...field('run-deps', inOneLine(pkg.runDeps)),
    ...field('test-deps', inOneLine(pkg.testDeps)),
    ...field('host-paths', pkg.hostPaths),
    ...field(
      'env',
      pkg.env.map(([name, value]) => shown(`${name}=${value}`)),
    ),
    ...field(
      'build',
      pkg.build.kind === 'import' ? ['its one source, repacked as it is'] : script(pkg.build.text),
    ),
    ...field('check', scriptOrSkipped(pkg.check)),
    ...field('test', scriptOrSkipped(pkg.test)),
    ...field('update', [update(pkg.update)]),
    ...field('strip', [pkg.strip]),
    ...field('setuid', pkg.setuid.map(shown)),
    ...field('post-inst', pkg.postInstall === undefined ? [] : script(pkg.postInstall)),
    ...field(
      'files',
      pkg.files.map(file => `${file.mode} ${shown(file.path)}`),
    ),
  ]
}

/** A field with its values below each other; nothing where there is none. */
const field = (label: string, values: readonly string[]): readonly string[] =>
  values.map((value, index) => `  ${paint.dim((index === 0 ? label : '').padEnd(10))} ${value}`.trimEnd())

const inOneLine = (names: readonly string[]): readonly string[] =>
  names.length === 0 ? [] : [names.join(' ')]

const source = ({ file, sha256, urls, into, unpack }: PackageSource): readonly string[] => [
  `${shown(file)}${unpack ? '' : ' (not unpacked)'}${into === '.' ? '' : ` (into ${shown(into)})`}`,
  `  sha256 ${sha256}`,
  ...urls.map(url => `  ${shown(url)}`),
]

const scriptOrSkipped = (said: ScriptOrSkipped): readonly string[] =>
  said.kind === 'skipped' ? [`skipped: ${shown(said.why)}`] : script(said.text)

const script = (text: string): readonly string[] =>
  text
    .replace(/\n$/, '')
    .split('\n')
    .map(line => `| ${shownLine(line)}`)

function update(said: PackageUpdate): string {
  switch (said.kind) {
    case 'fixed':
      return `fixed: ${shown(said.why)}`
    case 'listing':
    case 'git-tags':
      return `${said.kind} ${shown(said.url)} pattern ${shown(said.pattern)}`
  }
}
