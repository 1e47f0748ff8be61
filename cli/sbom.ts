import { renameSync, rmSync, writeFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { quoted } from '../core/message.ts'
import { builtClosure } from './built-closure.ts'
import { command, jobsOption, packagesOption } from './command.ts'
import { complain, trouble } from './say.ts'

export const sbom = command({
  usage: 'sbom <packages..>',
  about: 'Tell all that packages are made of: a bill of materials, as CycloneDX or SPDX',
  details:
    'Of the packages and what they need to run, built first where out of date: licences, sources, patches, files,\nand what built them. The same everywhere.',
  examples: [
    ['coolports sbom --format cyclonedx make -o make.cdx.json', 'CycloneDX 1.6'],
    ['coolports sbom --format spdx make zlib', 'SPDX 2.3, on stdout'],
  ],
  options: yargs =>
    packagesOption(jobsOption(yargs))
      .option('format', {
        choices: ['cyclonedx', 'spdx'] as const,
        demandOption: true,
        describe: 'CycloneDX 1.6 or SPDX 2.3, both as JSON',
      })
      .option('output', {
        alias: 'o',
        type: 'string',
        requiresArg: true,
        describe: 'a file in place of stdout',
      }),
  run: async args => {
    const { billOf } = await import('./bill.ts')
    const members = await builtClosure(args.tree, args.packages, args.jobs ?? 1)
    if (!members.ok) return complain(members.error)
    const bill = await billOf(args.tree, members.value)
    if (!bill.ok) return complain(bill.error)
    const text =
      args.format === 'spdx'
        ? (await import('../helpers/sbom/spdx.ts')).spdxText(bill.value)
        : (await import('../helpers/sbom/cyclonedx.ts')).cyclonedxText(bill.value)
    if (args.output === undefined) {
      process.stdout.write(text)
      return 0
    }
    return write(resolve(args.output), text)
  },
})

function write(file: string, text: string): number {
  const part = `${file}.${process.pid}.part`
  try {
    writeFileSync(part, text)
    renameSync(part, file)
    return 0
  } catch (error) {
    if (!(error instanceof Error && 'code' in error)) throw error
    return complain(trouble({ cannot: `write ${quoted(file)}`, why: String(error.code) }))
  } finally {
    rmSync(part, { force: true })
  }
}
