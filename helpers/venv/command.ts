import { resolve } from 'node:path'
import { entryPath } from '../../core/entry-path.ts'
import { isMangled } from '../../core/mangled.ts'
import { quoted } from '../../core/message.ts'
import { isPackageName, type PackageName } from '../../core/name.ts'
import { parseOptions } from '../../core/options.ts'
import { ok, type Result, refuse } from '../../core/result.ts'
import type { Alternative, Request } from './request.ts'

/** What bin/venv is asked to do. */
export type Command =
  | { readonly kind: 'help' }
  /** Without a request: once more what was asked for. */
  | {
      readonly kind: 'make'
      readonly folder: string
      readonly jobs: number
      readonly request: Request | undefined
    }

export const HELP = `usage: venv [-o DIR] [-j N] [OPTION...] [PACKAGE...]
  puts packages and all that they need to run together in a folder, ./venv, by which they can be used:
    DIR/bin/venv-run COMMAND   runs a command, or a shell, with the packages in place of the host's folders
    . DIR/bin/activate         only puts their programs on PATH
  What is missing or out of date is built first. Without PACKAGE a venv is made again as it was asked for.
options:
  -o, --out DIR           the folder of the venv
  -j, --jobs N            jobs of the builds (1)
  --stack OTHER           stands upon another venv: what this one does not have is that one's
  --order                 of different files of one path that of the package named earlier is meant
  --prefer PACKAGE        the files of this package are meant, whoever else has them
  --alternative PATH=PACKAGE   at this one path that package's file is meant
  --pure, --bind PATH, --env NAME, --net, --home, --merge NAME
                          as for venv-run, each time that it is run: venv-run --help
examples:
  bin/venv make zlib
  bin/venv -j2 -o /tmp/tools --pure make mksh
  bin/venv -o /tmp/more --stack /tmp/tools xz
environment:
  COOLPORTS_STORE         where unpacked packages lie (.store in the tree)
exit status: 0 it is there, 1 no (a build failed, packages are at odds), 2 misuse or trouble
`

/** Words as a person types them; paths are relative to `cwd`. */
export function parseCommand(args: readonly string[], cwd: string): Result<Command, string> {
  const parsed = parseOptions(args, OPTIONS)
  if (!parsed.ok) return parsed
  const { values, positionals, tokens } = parsed.value
  if (values.help) return ok({ kind: 'help' })
  const jobs = Number(values.jobs ?? '1')
  if (!Number.isSafeInteger(jobs) || jobs < 1) return refuse('-j needs a whole number above 0')
  if (values.out === '') return refuse('-o needs a folder')
  const folder = resolve(cwd, values.out ?? 'venv')
  const others = [values.stack ?? [], values.bind ?? []].flat().map(path => resolve(cwd, path))
  const mangled = [folder, ...others].find(isMangled)
  if (mangled !== undefined) return refuse(`the name ${quoted(mangled)} is not in UTF-8`)
  if (positionals.length === 0) {
    const more = tokens.find(token => token.kind === 'option' && !['out', 'jobs'].includes(token.name))
    return more === undefined
      ? ok({ kind: 'make', folder, jobs, request: undefined })
      : refuse(
          'no package is named; without one, a venv is made as it was, and takes no options but -o and -j',
        )
  }
  const packages = positionals.map(packageName)
  const prefer = (values.prefer ?? []).map(packageName)
  const wrong = [...packages, ...prefer].find(one => !one.ok)
  if (wrong && !wrong.ok) return wrong
  const alternatives: Alternative[] = []
  for (const word of values.alternative ?? []) {
    const alternative = readAlternative(word)
    if (!alternative.ok) return alternative
    alternatives.push(alternative.value)
  }
  const merged = (values.merge ?? []).map(name => name.replace(/^\/+/, ''))
  const bad = merged.find(name => !/^[A-Za-z0-9._+-]+$/.test(name))
  if (bad !== undefined) return refuse(`no top-level folder can be named ${quoted(bad)}`)
  const request: Request = {
    packages: [...new Set(names(packages))],
    order: values.order === true,
    prefer: names(prefer),
    alternatives,
    ...(values.stack === undefined ? {} : { stack: resolve(cwd, values.stack) }),
    given: [
      ...(values.pure ? ['--pure'] : []),
      ...(values.net ? ['--net'] : []),
      ...(values.home ? ['--home'] : []),
      ...(values.bind ?? []).flatMap(path => ['--bind', resolve(cwd, path)]),
      ...(values.env ?? []).flatMap(name => ['--env', name]),
      ...merged.flatMap(name => ['--merge', name]),
    ],
  }
  return ok({ kind: 'make', folder, jobs, request })
}

const several = { type: 'string', multiple: true } as const

const OPTIONS = {
  allowPositionals: true,
  tokens: true,
  options: {
    out: { type: 'string', short: 'o' },
    jobs: { type: 'string', short: 'j' },
    stack: { type: 'string' },
    order: { type: 'boolean' },
    prefer: several,
    alternative: several,
    pure: { type: 'boolean' },
    net: { type: 'boolean' },
    home: { type: 'boolean' },
    bind: several,
    env: several,
    merge: several,
    help: { type: 'boolean', short: 'h' },
  },
} as const

/** `make`, `pkg/make`, `./pkg/make/`. */
function packageName(word: string): Result<PackageName, string> {
  const name = word.replace(/\/+$/, '').split('/').at(-1) ?? ''
  return isPackageName(name) ? ok(name) : refuse(`no package can be named ${quoted(word)}`)
}

const names = (found: readonly Result<PackageName, string>[]): readonly PackageName[] =>
  found.flatMap(one => (one.ok ? [one.value] : []))

function readAlternative(word: string): Result<Alternative, string> {
  const at = word.lastIndexOf('=')
  const path = entryPath(word.slice(0, Math.max(at, 0)).replace(/^\/+/, ''))
  const name = packageName(word.slice(at + 1))
  if (at < 1 || !path.ok || path.value === '' || !name.ok)
    return refuse(`--alternative is PATH=PACKAGE, and not ${quoted(word)}`)
  return ok({ path: path.value, package: name.value })
}
