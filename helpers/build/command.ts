import type { Env } from '../../core/env.ts'
import { quoted } from '../../core/message.ts'
import { parseOptions } from '../../core/options.ts'
import { ok, type Result, refuse } from '../../core/result.ts'

/** What do-build is asked to do. Paths are relative to the package's folder, which it runs in. */
export type Command =
  | { readonly kind: 'help' }
  | ({
      readonly kind: 'build'
      readonly key?: string
      readonly out: string
      readonly verbose: boolean
    } & Inputs)
  | {
      readonly kind: 'test'
      readonly label: string
      readonly closures: readonly string[]
      readonly shell: string
      readonly out: string
      readonly verbose: boolean
    }
  | {
      readonly kind: 'import'
      readonly label: string
      readonly key?: string
      readonly fetch: string
      readonly out: string
    }
  | { readonly kind: 'enter'; readonly folder: string; readonly command: readonly string[] }
  | ({ readonly kind: 'open'; readonly command: readonly string[] } & Inputs)

/** What a build's sandbox is made from. */
export interface Inputs {
  readonly label: string
  /** Lists of packages; of two that hold one path the earlier one wins. */
  readonly closures: readonly string[]
  readonly fetch?: string
  readonly files?: string
  readonly host: readonly string[]
}

export const HELP = `usage:
  do-build --package LABEL [--key KEY] --closure LIST... [--fetch LIST] [--files DIR] [--host PATH]... --out FILE <SCRIPT
      builds a package: runs the script in a sandbox and packs what it put into $DESTDIR
  do-build --package LABEL --closure LIST... --test --shell PACKAGE --out FILE <SCRIPT
      tests a package: runs the script in a sandbox that holds nothing but the closure
  do-build --import LABEL [--key KEY] --fetch LIST --out FILE
      makes a package of the one archive that LIST names
  do-build --enter DIR [-- COMMAND...]
      a shell, or a command, in the sandbox of a failed build
  do-build --open LABEL --closure LIST... [--fetch LIST] [--files DIR] [--host PATH]... [-- COMMAND...]
      the same in a fresh sandbox

Run in a package's folder, most often by an emitted rule.
LABEL is what messages call the package: zlib-1.3.1-1. With KEY, its .pkghash, a build runs the
script of the key, is shown the sources, files, dependencies and paths of the host that the key names
and no other, and the store keeps the package by its pkghash.

environment:
  COOLPORTS_STORE     where sources and unpacked packages lie (.store in the tree)
  COOLPORTS_VERBOSE   if set, what a build prints goes to stderr as well as to its log
  COOLPORTS_JOBS      how many jobs a build may run when there is no jobserver (1)
  MAKEFLAGS           the jobserver, as redo and make pass it on
`

export function parseCommand(args: readonly string[], env: Env): Result<Command, string> {
  const parsed = parseOptions(args, OPTIONS)
  if (!parsed.ok) return parsed
  const { values: given, positionals: command } = parsed.value
  const { closure: closures = [], fetch, files, host = [], key, out, shell } = given
  const verbose = Boolean(env.COOLPORTS_VERBOSE)
  const keyed = key ? { key } : {}
  const inputs = { closures, host, ...(fetch ? { fetch } : {}), ...(files ? { files } : {}) }

  if (given.help) return ok({ kind: 'help' })
  if (given.enter !== undefined) return ok({ kind: 'enter', folder: given.enter, command })
  if (given.open !== undefined) {
    if (closures.length === 0) return refuse('--open needs --closure')
    return ok({ kind: 'open', label: given.open, ...inputs, command })
  }
  if (command.length > 0) return refuse(`unexpected argument ${quoted(command[0] ?? '')}`)
  if (!out) return refuse('--out is missing')
  if (given.import !== undefined) {
    if (!fetch) return refuse('--import needs --fetch')
    return ok({ kind: 'import', label: given.import, ...keyed, fetch, out })
  }
  const label = given.package
  if (!label) return refuse('--package is missing')
  if (closures.length === 0) return refuse('--closure is missing')
  if (!given.test) return ok({ kind: 'build', label, ...keyed, ...inputs, out, verbose })
  return shell ? ok({ kind: 'test', label, closures, shell, out, verbose }) : refuse('--test needs --shell')
}

const OPTIONS = {
  allowPositionals: true,
  options: {
    package: { type: 'string' },
    closure: { type: 'string', multiple: true },
    key: { type: 'string' },
    fetch: { type: 'string' },
    files: { type: 'string' },
    host: { type: 'string', multiple: true },
    out: { type: 'string' },
    test: { type: 'boolean' },
    shell: { type: 'string' },
    import: { type: 'string' },
    enter: { type: 'string' },
    open: { type: 'string' },
    help: { type: 'boolean', short: 'h' },
  },
} as const
