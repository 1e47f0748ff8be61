import { existsSync, readFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { sha256 } from '../core/digest.ts'
import { diskFullMessage, isDiskFull } from '../core/disk.ts'
import { legible } from '../core/legible.ts'
import { byPlace, formatMessage, type Message, quoted } from '../core/message.ts'
import { parseOptions } from '../core/options.ts'
import { systemFault } from '../core/system-error.ts'
import { generate } from './generate.ts'
import { describe } from './problem.ts'
import { manifestPath } from './tree.ts'

const PROGRAM = 'coolports-gen'

/**
 * `coolports-gen [--check] [PACKAGE...]`: emits the rules of all packages. Exit status 0 done, 1 a manifest is refused (of
 * the packages that are named, if any are) or a file stale, 2 misuse.
 */
async function main(): Promise<number> {
  const self = fileURLToPath(import.meta.url)
  const said = readArguments(process.argv.slice(2), resolve(dirname(self), '..'))
  if (typeof said === 'number') return said
  const { check, root, wanted } = said
  const program = sha256(readFileSync(self))
  const { problems, refused, changed, packages } = await generate({ root, check, program })
  for (const message of problems.map(describe).sort(byPlace)) console.error(formatMessage(PROGRAM, message))
  if (check) {
    for (const path of changed) console.error(`${PROGRAM}: stale: ${path}`)
    if (changed.length > 0) console.error('  run: npx coolports-gen')
  } else if (changed.length > 0)
    console.error(`${PROGRAM}: ${packages} packages, ${changed.length} files written or removed`)
  if (problems.length > 0) console.error(`${PROGRAM}: ${summary(problems.length, refused)}`)
  const isRefused = wanted.length > 0 ? wanted.some(name => refused.includes(name)) : problems.length > 0
  return isRefused || (check && changed.length > 0) ? 1 : 0
}

const MOST_NAMES = 10

/** What the problems are for: `2 problems: no new rules for a, b`. */
function summary(problems: number, refused: readonly string[]): string {
  const count = problems === 1 ? '1 problem' : `${problems} problems`
  const more = refused.length > MOST_NAMES ? ` and ${refused.length - MOST_NAMES} more` : ''
  const names = refused.slice(0, MOST_NAMES).map(name => legible(name))
  return `${count}: no new rules for ${names.join(', ')}${more}`
}

const USAGE = `coolports-gen [--check] [--root DIR] [PACKAGE...]

Emits the redo rules of every package from pkg/NAME/package.ts. Writes only files whose text changed.
A manifest that is refused stops no other package than its own and those that need it; where packages are named,
the exit status speaks of these.

  --check     write nothing; exit 1 when an emitted file is stale
  --root DIR  the tree of packages; default: this one

  coolports-gen          emit what changed
  coolports-gen make     the same; exit 0 unless the manifest of make is refused
  coolports-gen --check  in CI: are the emitted rules those of the manifests?
`

interface Arguments {
  readonly check: boolean
  readonly root: string
  /** The packages that the exit status is for; none: all. */
  readonly wanted: readonly string[]
}

/** The exit status in their place, when they were all there was to do, or were wrong. */
function readArguments(args: readonly string[], here: string): Arguments | 0 | 2 {
  const parsed = parseOptions(args, {
    allowPositionals: true,
    options: { check: { type: 'boolean' }, root: { type: 'string' }, help: { type: 'boolean', short: 'h' } },
  })
  if (!parsed.ok) return misuse(parsed.error)
  const { values, positionals: wanted } = parsed.value
  const { check = false, root = here, help } = values
  if (help) {
    process.stdout.write(USAGE)
    return 0
  }
  if (check && wanted.length > 0) return misuse('--check is for all packages')
  const unknown = wanted.find(name => !existsSync(join(root, manifestPath(name))))
  if (unknown !== undefined) return misuse(`there is no package ${quoted(unknown)}`)
  return { check, root: resolve(root), wanted }
}

function misuse(why: string): 2 {
  console.error(formatMessage(PROGRAM, { cannot: 'run', why, remedy: `see: ${PROGRAM} --help` }))
  return 2
}

try {
  process.exitCode = await main()
} catch (error) {
  console.error(formatMessage(PROGRAM, troubleMessage(error)))
  process.exitCode = 2
}

function troubleMessage(error: unknown): Message {
  if (isDiskFull(error)) return diskFullMessage('write the rules')
  const fault = systemFault(error)
  if (fault) return { cannot: 'emit the rules', why: fault.why, facts: [['path', quoted(fault.path)]] }
  return { cannot: 'go on', why: error instanceof Error ? error.message : String(error) }
}
