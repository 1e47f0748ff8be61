/**
 * The manifest API: what `pkg/NAME/package.ts` may say. Manifests import it as `coolports`.
 *
 * This file and `templates/` are evaluated together with the manifests in a realm that has no file
 * system, network, process, environment, clock or randomness; nothing here may ask for one.
 */

import { shellWord } from '../core/shell.ts'
import { isScript, kindOf, Misuse, needScript } from './misuse.ts'

declare const brand: unique symbol

/**
 * Shell text, made by {@link sh} or by a build system of `templates/`. A plain string is no script:
 * whoever wants shell has to say so.
 */
export interface Script {
  readonly [brand]: 'Script'
  readonly script: string
  /** How upstream's own suite is run in the build tree, when the build system knows it. */
  readonly check?: string
  /** The packages whose programs it runs, when the build system knows them. */
  readonly buildDeps?: readonly string[]
}

/** Says why a package has no check or no test. */
export interface Skipped {
  readonly [brand]: 'Skipped'
  readonly skip: string
}

/** The package is its one source, an archive that is repacked as it is. */
export interface Import {
  readonly [brand]: 'Import'
  readonly import: 'archive'
}

declare global {
  /** One member for each folder of `pkg/`; emitted by coolports-gen into `pkg/names.d.ts`. */
  interface CoolportsPackages {}
}

/** The name of a package of this tree. */
export type Dependency = keyof CoolportsPackages

export type Source = SourceFile & (OneUrl | ManyUrls)

interface SourceFile {
  /** Digest of the file as it is downloaded: 64 lower-case hexadecimal digits. */
  readonly sha256: string
  /** The file's name in `/sources`. Default: the last part of the first url. */
  readonly file?: string
  /** Folder below the build folder into which the archive is unpacked, its single top folder left out. Default: `.` */
  readonly into?: string
  /** `false` leaves the file in `/sources` for the build to use. Default: true. */
  readonly unpack?: boolean
}

interface OneUrl {
  /** Where upstream has it; asked after the local store and the mirrors. Never part of the key. */
  readonly url: string
  readonly urls?: never
}

interface ManyUrls {
  readonly url?: never
  /** Several such places, tried in order. Empty for a file that the tree holds in `mirrors/files/`, which then needs `file`. */
  readonly urls: readonly string[]
}

/**
 * Where a newer upstream version is found, as data.
 * - `listing`: a page or folder listing; the pattern's first group is the version in its text.
 * - `git-tags`: the tags of a git repository; the pattern's first group is the version in a tag's name.
 * - `fixed`: this version is wanted, and `why` says why.
 */
export type Update =
  | { readonly kind: 'listing' | 'git-tags'; readonly url: string; readonly pattern: string }
  | { readonly kind: 'fixed'; readonly why: string }

export type Manifest = Fields & (OneSource | ManySources)

interface OneSource {
  readonly source: Source
  readonly sources?: never
}

interface ManySources {
  readonly source?: never
  readonly sources?: readonly Source[]
}

interface Fields {
  /** Only for people who copy folders: must be the folder's name. */
  readonly name?: string
  readonly version: string
  /** Counts the builds of one version that differ in recipe. Default: 1. */
  readonly release?: number
  /** One line, without a final full stop. */
  readonly description: string
  readonly homepage: string
  /** An SPDX licence expression, https://spdx.org/licenses/ */
  readonly license: string
  /** Patches in `files/`, applied in order with `patch -p1` after unpacking. */
  readonly patches?: readonly string[]
  /** Packages whose run closures make the build's root; of two files of one path, the earlier package's is seen. Default: what the build system knows. */
  readonly buildDeps?: readonly Dependency[]
  /** Packages that must be beside this one when it runs. */
  readonly runDeps?: readonly Dependency[]
  /** Folders of the host shown to the build: for the first tier of a bootstrap, and for nothing else. */
  readonly hostPaths?: readonly string[]
  /** Variables of the shell for all phases of the build, beside those of the sandbox. */
  readonly env?: Readonly<Record<string, string>>
  /** Runs in the unpacked source and installs below $DESTDIR with an empty prefix. */
  readonly build: Script | Import
  /** Upstream's own suite, run in the build tree after the build. Default: what the build system knows. */
  readonly check?: Script | Skipped
  /** Runs against the finished package, in a fresh sandbox that holds its run closure and testDeps. */
  readonly test: Script | Skipped
  /** Packages that the test needs beside the run closure. */
  readonly testDeps?: readonly Dependency[]
  /** Default: known by itself where the first source is a GitHub release or tag, or from ftp.gnu.org or Debian's pool. */
  readonly update?: Update
  /**
   * What is taken out of ELF files: `all` (executables lose symbols, the others debug sections),
   * `debug` (debug sections alone), `none`. Default: `all`.
   */
  readonly strip?: 'all' | 'debug' | 'none'
  /**
   * Programs that run as root whoever starts them, as paths below $DESTDIR: `['bin/su']`. Packing gives them the
   * set-uid bit (mode 4755) and clears all other set-id bits. Every name of such a file has to be listed.
   */
  readonly setuid?: readonly string[]
  /**
   * Runs in a root after the package was installed into it, by the root's own /bin/sh, with the root writable and
   * nothing else there, no network. May run again. It comes with the package, as `/lib/coolports/post-install/NAME`.
   */
  readonly postInstall?: Script
}

/** Gives a manifest its type, so that editors complete it and the compiler checks it. */
export const definePackage = (manifest: Manifest): Manifest => manifest

/** What may stand in `${…}` inside a script. */
export type Word = OneWord | readonly OneWord[]

type OneWord = string | number | Script

/**
 * A script. `$NAME` is the shell's; `${value}` is JavaScript's, and `\${NAME}` is the shell's again.
 * A value is inserted as one shell word, quoted where it must be (so do not put quotes around it), a
 * list as several words, a script as it is, in a list too. Backslashes mean what they mean in shell.
 * The common indentation is taken away.
 */
export function sh(strings: TemplateStringsArray, ...words: readonly Word[]): Script {
  if (!Array.isArray(strings?.raw)) throw new Misuse('sh is called like a function', 'write it as sh`…`')
  const literals = dedent(strings.raw.map(text => text.replace(/\\(`|\$\{)/g, '$1')))
  let text = literals[0] ?? ''
  words.forEach((word, index) => {
    const inserted = shellText(word, `value ${index + 1} of sh\`…\``)
    // An empty list leaves no blank behind.
    text = (inserted === '' ? text.replace(/ $/, '') : text + inserted) + (literals[index + 1] ?? '')
  })
  return script(text)
}

/** Joins scripts into one, each on lines of its own. */
export const lines = (...parts: readonly (Script | undefined)[]): Script =>
  script(
    parts
      .map((part, index) =>
        part === undefined ? '' : needScript(`part ${index + 1} of lines()`, part).script,
      )
      .filter(text => text !== '')
      .join('\n'),
  )

/** A build script that also tells how its check is run. */
export const withCheck = (build: Script, check: Script): Script => ({
  ...needScript('the build of withCheck()', build),
  check: needScript('the check of withCheck()', check).script,
})

/** A build script that also tells which packages it is run with. */
export const withBuildDeps = (build: Script, buildDeps: readonly string[]): Script => ({
  ...needScript('the build of withBuildDeps()', build),
  buildDeps,
})

/** Leaves out a check or a test, and says why. */
export const skip = (why: string): Skipped => ({ skip: why }) as unknown as Skipped

/** The build of a package that is its one source, repacked as it is: a seed. */
export const importArchive = (): Import => ({ import: 'archive' }) as unknown as Import

const script = (text: string): Script => ({ script: text }) as unknown as Script

function shellText(word: unknown, what: string): string {
  if (!Array.isArray(word)) return wordText(word, kind => `${what} is ${kind}`)
  // A copy has no holes, which map() would leave out.
  return [...word].map(one => wordText(one, kind => `${what} is a list with ${kind} in it`)).join(' ')
}

function wordText(word: unknown, why: (kind: string) => string): string {
  if (typeof word === 'string' || typeof word === 'number') return shellWord(String(word))
  if (isScript(word)) return word.script
  throw new Misuse(
    why(kindOf(word)),
    'a value is a text, a number, a script, or a list of these; \\${NAME} is a variable of the shell',
  )
}

/** Takes the indentation that all lines share, and a blank first and last line, out of a template's parts. */
function dedent(parts: readonly string[]): readonly string[] {
  // NUL stands for the values, which must not be counted or cut; shell text cannot hold one.
  const rows = parts.join('\0').split('\n')
  if (rows[0]?.trim() === '') rows.shift()
  if (rows.at(-1)?.trim() === '') rows.pop()
  const common = Math.min(...rows.filter(row => row.trim() !== '').map(indentation))
  return rows
    .map(row => row.slice(Math.min(common, indentation(row))))
    .join('\n')
    .split('\0')
}

const indentation = (row: string): number => /^[ \t]*/.exec(row)?.[0].length ?? 0
