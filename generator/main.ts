import { readFileSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { sha256 } from '../core/digest.ts'
import { formatMessage } from '../core/message.ts'
import { generate } from './generate.ts'
import { describe } from './problem.ts'

const PROGRAM = 'coolports-gen'

/** `coolports-gen [--check]`: emits the rules of all packages. Exit status 0 done, 1 refused or stale, 2 misuse. */
async function main(): Promise<number> {
  const self = fileURLToPath(import.meta.url)
  const { check, root } = await readArguments(process.argv.slice(2), resolve(dirname(self), '..'))
  const { problems, changed, packages } = await generate({ root, check, program: sha256(readFileSync(self)) })
  for (const problem of problems) console.error(formatMessage(PROGRAM, describe(problem)))
  if (problems.length > 0) {
    console.error(
      `${PROGRAM}: nothing was written: ${problems.length} ${problems.length === 1 ? 'problem' : 'problems'}`,
    )
    return 1
  }
  if (check) {
    for (const path of changed) console.error(`${PROGRAM}: stale: ${path}`)
    if (changed.length > 0) console.error('  run: npx coolports-gen')
    return changed.length > 0 ? 1 : 0
  }
  if (changed.length > 0)
    console.error(`${PROGRAM}: ${packages} packages, ${changed.length} files written or removed`)
  return 0
}

async function readArguments(
  args: readonly string[],
  here: string,
): Promise<{ readonly check: boolean; readonly root: string }> {
  // The two calls of the doors: yargs takes longer to load than an up-to-date tree to check.
  const [option, folder] = args
  if (option === undefined) return { check: false, root: here }
  if (option === '--root' && folder && args.length === 2) return { check: false, root: resolve(folder) }
  const { default: yargs } = await import('yargs')
  const options = yargs([...args])
    .scriptName(PROGRAM)
    .usage(
      '$0 [--check]\n\nEmits the redo rules of every package from pkg/NAME/package.ts. Writes only files whose text changed.',
    )
    .option('check', {
      type: 'boolean',
      default: false,
      describe: 'write nothing; exit 1 when an emitted file is stale',
    })
    .option('root', {
      type: 'string',
      default: here,
      defaultDescription: 'this tree',
      describe: 'the tree of packages',
    })
    .example('$0', 'emit what changed')
    .example('$0 --check', 'in CI: are the emitted rules those of the manifests?')
    .strict()
    .demandCommand(0, 0)
    .version(false)
    .exitProcess(false)
    .fail((message, error) => {
      console.error(`${PROGRAM}: cannot read its arguments: ${message ?? error?.message}`)
      process.exit(2)
    })
  const parsed = await options.parse()
  if (args.includes('--help')) process.exit(0)
  return { check: parsed.check, root: resolve(parsed.root) }
}

process.exitCode = await main()
