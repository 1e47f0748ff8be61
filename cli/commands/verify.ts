import { quoted } from '../../core/message.ts'
import { ok, refuse } from '../../core/result.ts'
import { readingFault } from '../../core/system-error.ts'
import { command, jsonOption, rootOption } from '../command.ts'
import { complain, json, no, print, say, shown, trouble } from '../output.ts'
import { complainOfRoot, nameIn } from '../root.ts'

/** What was found of one file. */
interface Verdict {
  readonly file: string
  readonly ok: boolean
  /** The sha256 of its tar, null when it is not ok. */
  readonly sha256: string | null
  /** Why it is not ok, else null. */
  readonly problem: string | null
}

/**
 * JSON: a list, in the order asked, of `{ file, ok, sha256, problem }`; where `ok` is false, `problem` says why.
 * With --root: a list of `{ path, package, kind }`; `kind` is "edited" (below /etc, nothing wrong), "missing",
 * "another kind", "owner", "mode", "content" or "target".
 */
export const verify = command({
  usage: 'verify [files..]',
  about: 'Compare package files with the sha256 of the tar that they name, or a root with its database',
  details:
    'Prints a digest and a name for each good file, as sha256sum does. Only reads, whatever a file holds. Of a root, prints what is not as its package left it; edited files below /etc are told, and nothing wrong.\nExit status: 0 all are good, 1 one is not, 2 a file cannot be read.',
  examples: [
    ['coolports verify pkg/make/.pkg.tar.gz', 'is it what it says it is?'],
    ['coolports verify --json *.pkg.tar.gz', 'for a program'],
    ['coolports verify --root /srv/root', 'all that is installed there; or the packages that are named'],
  ],
  options: yargs =>
    jsonOption(rootOption(yargs))
      .positional('files', {
        type: 'string',
        array: true,
        default: [] as string[],
        describe: 'package files; with --root, names of packages',
      })
      .check(({ files, root }) => {
        if (root === undefined && files.length === 0) throw new Error('no file is named')
        return true
      }),
  run: async args => {
    if (args.root !== undefined) return verifyRoot(args.root, args.files.map(nameIn), args.json)
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

async function verifyRoot(root: string, names: readonly string[], asJson: boolean): Promise<number> {
  const [{ readRoot }, { verifyPackages }] = await Promise.all([
    import('../../helpers/install/database.ts'),
    import('../../helpers/install/verify.ts'),
  ])
  const read = readRoot(root, ({ packages, isUnderWay }, folders) => {
    const unknown = names.filter(name => !packages.some(one => one.name === name))
    if (unknown.length > 0) {
      const there = packages.map(one => one.name)
      return refuse(unknown.map(name => ({ kind: 'not installed', name, names: there })))
    }
    const meant = packages.filter(one => names.length === 0 || names.includes(one.name))
    return ok({ deviations: [...verifyPackages(folders, meant)], isUnderWay })
  })
  if (!read.ok) return complainOfRoot('verify', read.error)
  const { deviations, isUnderWay } = read.value
  if (isUnderWay) say('a change of this root was cut short, or is under way')
  if (asJson) print(json(deviations))
  else for (const one of deviations) print(`${one.kind.padEnd(12)}  ${one.package}  ${shown(one.path)}`)
  return deviations.some(({ kind }) => kind !== 'edited') ? 1 : 0
}

/** Says on stderr what is wrong with a file. */
async function verdict(file: string): Promise<{ readonly verdict: Verdict; readonly status: number }> {
  const [{ verifyPackage }, { tarMessage }] = await Promise.all([
    import('../../helpers/tar/verify.ts'),
    import('../../helpers/tar/problem.ts'),
  ])
  try {
    const verified = await verifyPackage(file)
    if (verified.ok) return { verdict: { file, ok: true, sha256: verified.value, problem: null }, status: 0 }
    const message = tarMessage('verify', quoted(file), verified.error)
    const status = complain(no({ ...message, remedy: '' }))
    return { verdict: { file, ok: false, sha256: null, problem: message.why }, status }
  } catch (error) {
    const why = readingFault(error)
    const status = complain(trouble({ cannot: `read ${quoted(file)}`, why }))
    return { verdict: { file, ok: false, sha256: null, problem: why }, status }
  }
}
