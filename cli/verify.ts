import { quoted } from '../core/message.ts'
import { command, jsonOption } from './command.ts'
import { complain, json, no, print, shown, trouble } from './say.ts'

/** What was found of one file. */
interface Verdict {
  readonly file: string
  readonly ok: boolean
  /** The sha256 of its tar, null when it is not ok. */
  readonly sha256: string | null
  /** Why it is not ok, else null. */
  readonly problem: string | null
}

/** JSON: a list, in the order asked, of `{ file, ok, sha256, problem }`; where `ok` is false, `problem` says why. */
export const verify = command({
  usage: 'verify <files..>',
  about: 'Compute the sha256 of the tar in package files, and compare it with the one they name',
  details:
    'Prints a digest and a name for each good file, as sha256sum does. Only reads, whatever a file holds.\nExit status: 0 all are good, 1 one is not, 2 a file cannot be read.',
  examples: [
    ['coolports verify pkg/make/.pkg.tar.gz', 'is it what it says it is?'],
    ['coolports verify --json *.pkg.tar.gz', 'for a program'],
  ],
  options: yargs =>
    jsonOption(yargs).positional('files', {
      type: 'string',
      array: true,
      demandOption: true,
      describe: 'package files',
    }),
  run: async args => {
    const verdicts: Verdict[] = []
    let status = 0
    for (const file of args.files) {
      const found = await verdict(file)
      status = Math.max(status, found.status)
      verdicts.push(found.verdict)
      if (!args.json && found.verdict.ok) print(`${found.verdict.sha256}  ${shown(file)}`)
    }
    if (args.json) print(json(verdicts))
    return status
  },
})

/** Says on stderr what is wrong with a file. */
async function verdict(file: string): Promise<{ readonly verdict: Verdict; readonly status: number }> {
  const [{ verifyPackage }, { tarMessage }] = await Promise.all([
    import('./archive.ts'),
    import('../helpers/tar/problem.ts'),
  ])
  try {
    const verified = await verifyPackage(file)
    if (verified.ok) return { verdict: { file, ok: true, sha256: verified.value, problem: null }, status: 0 }
    const message = tarMessage('verify', quoted(file), verified.error)
    const status = complain(no({ ...message, remedy: '' }))
    return { verdict: { file, ok: false, sha256: null, problem: message.why }, status }
  } catch (error) {
    if (!(error instanceof Error && 'syscall' in error && 'code' in error)) throw error
    const why = error.code === 'ENOENT' ? 'there is no such file' : String(error.code)
    const status = complain(trouble({ cannot: `read ${quoted(file)}`, why }))
    return { verdict: { file, ok: false, sha256: null, problem: why }, status }
  }
}
