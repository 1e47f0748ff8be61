import { resolve } from 'node:path'
import { BILL_FORMATS, billText } from '../../helpers/sbom/format.ts'
import { builtClosure } from '../built-closure.ts'
import { command, jobsOption, packagesOption } from '../command.ts'
import { complain } from '../output.ts'
import { writeText } from '../text-file.ts'

export const sbom = command({
  usage: 'sbom <packages..>',
  about: 'Tell all that packages are made of: a bill of materials, as CycloneDX or SPDX',
  details:
    'Of the packages and what they need to run, built first where out of date: licences, sources, patches, files, and what built them. The same everywhere.',
  examples: [
    ['coolports sbom --format cyclonedx make -o make.cdx.json', 'CycloneDX 1.6'],
    ['coolports sbom --format spdx make zlib', 'SPDX 2.3, on stdout'],
  ],
  options: yargs =>
    packagesOption(jobsOption(yargs))
      .option('format', {
        choices: BILL_FORMATS,
        demandOption: true,
        requiresArg: true,
        describe: 'CycloneDX 1.6 or SPDX 2.3, both as JSON',
      })
      .option('out', {
        alias: 'o',
        type: 'string',
        requiresArg: true,
        describe: 'a file in place of stdout',
      }),
  run: async args => {
    const { billOf } = await import('../bill-of-materials.ts')
    const members = await builtClosure(args.tree, args.packages, args.jobs ?? 1)
    if (!members.ok) return complain(members.error)
    const bill = await billOf(args.tree, members.value)
    if (!bill.ok) return complain(bill.error)
    const text = await billText(bill.value, args.format)
    if (args.out === undefined) {
      process.stdout.write(text)
      return 0
    }
    const written = writeText(resolve(args.out), text)
    return written.ok ? 0 : complain(written.error)
  },
})
