import { existsSync, readdirSync, realpathSync, renameSync, rmdirSync, utimesSync } from 'node:fs'
import { basename, dirname, join, resolve } from 'node:path'
import { makeFolders } from '../../../core/folders.ts'
import { type Message, quoted } from '../../../core/message.ts'
import { partOf, sweepParts } from '../../../core/part.ts'
import { storeRoot } from '../../../core/store.ts'
import { FILE_SYSTEM, systemFault } from '../../../core/system-error.ts'
import { mountPoints } from '../../../helpers/install/mounts.ts'
import { PACKAGE_TIME } from '../../../helpers/tar/entry.ts'
import { command, packagesOption } from '../../command.ts'
import { wantedSources } from '../../dependencies.ts'
import { findAll, findPackage } from '../../find.ts'
import { complain, no, print, shown, trouble } from '../../output.ts'
import { fetchSources } from './fetch-sources.ts'

export const mirrorExport = command({
  usage: 'export <dir> <packages..>',
  about: 'Make a folder from which packages can be built without a network',
  details:
    'It holds the tracked files of the tree, the sources of the packages and of all that they are built from, the programs with the npm packages that they need, SHA256SUMS and a README. Served by any web server it is a mirror of these sources. --prove builds a package from it where there is no network, and records that.\nExit status: 0 it is there, 1 it could not be made complete, 2 misuse or trouble.',
  examples: [
    ['coolports mirror export /media/usb/bundle make zlib', 'all to build two packages'],
    ['coolports mirror export --prove make bundle make', 'and make is built from it'],
  ],
  packageOptions: ['prove'],
  options: yargs =>
    packagesOption(
      yargs.positional('dir', {
        type: 'string',
        demandOption: true,
        describe: 'a folder that is not there yet, or empty',
      }),
    )
      .option('prove', {
        type: 'string',
        requiresArg: true,
        describe: 'a package to build from the bundle, without a network',
      })
      .check(({ dir }) => {
        if (dir !== '') return true
        throw new Error('the folder has no name')
      }),
  run: async args => {
    const { tree: root } = args
    const to = resolve(args.dir)
    const inTheWay = obstacle(to)
    if (inTheWay !== undefined)
      return complain(trouble({ cannot: `make the bundle ${quoted(args.dir)}`, why: inTheWay }))
    const named = findAll(root, args.packages)
    if (!named.ok) return complain(named.error)
    const proven = args.prove === undefined ? undefined : findPackage(root, args.prove)
    if (proven && !proven.ok) return complain(proven.error)
    const wanted = await wantedSources(root, named.value)
    if (!wanted.ok) return complain(wanted.error)
    const { packages, sources } = wanted.value
    if (proven && !packages.includes(proven.value))
      return complain(
        trouble({
          cannot: `prove the bundle by ${proven.value}`,
          why: 'it is not among the packages, nor built for them',
        }),
      )
    const { trackedFiles, untrackedFiles } = await import('../../../helpers/mirror/tracked.ts')
    const tracked = trackedFiles(root)
    if (!tracked.ok) return complain(trouble(tracked.error))
    const forgotten = untrackedFiles(
      root,
      packages.map(name => join('pkg', name)),
    )
    if (!forgotten.ok) return complain(trouble(forgotten.error))
    if (forgotten.value.length > 0) return complain(no(untracked(args.dir, forgotten.value)))

    const fetched = await fetchSources(root, packages)
    if (fetched !== 0) return fetched
    const [{ fillBundle }, { writeListing }, { keepsKinds, levelTree }, { removeTree }] = await Promise.all([
      import('../../../helpers/mirror/bundle.ts'),
      import('../../../helpers/mirror/listing.ts'),
      import('../../../helpers/mirror/copy.ts'),
      import('../../../core/remove.ts'),
    ])
    const store = storeRoot(process.env, root)
    const part = partOf(to)
    // A bundle is large, and the disk may be small.
    sweepParts(dirname(to), basename(to))
    try {
      makeFolders(part)
      if (!keepsKinds(part))
        return complain(
          trouble({
            cannot: `make the bundle ${quoted(args.dir)}`,
            why: 'the file system there keeps no symlinks, or not which files may be run',
            remedy: 'make it on another one, and take it along as a tar archive',
          }),
        )
      const filled = await fillBundle(part, {
        root,
        store,
        tracked: tracked.value,
        packages: named.value,
        sources: sources.map(({ request }) => request),
      })
      if (!filled.ok) return complain(no(filled.error))
      if (proven) {
        const { proveBundle } = await import('../../../helpers/mirror/prove.ts')
        const own = [root, store, join(root, 'dist'), join(root, 'node_modules')]
        const hidden = own.filter(existsSync).map(path => realpathSync(path))
        const proof = await proveBundle(part, proven.value, outermost(hidden))
        if (!proof.ok) return complain(no(proof.error))
      }
      await writeListing(part)
      for (const name of readdirSync(part)) if (name !== 'tree') levelTree(join(part, name), PACKAGE_TIME)
      utimesSync(part, PACKAGE_TIME, PACKAGE_TIME)
      if (existsSync(to)) rmdirSync(to)
      renameSync(part, to)
    } catch (error) {
      const fault = systemFault(error)
      if (!fault) throw error
      const facts = [['path', quoted(fault.path)]] as const
      return complain(trouble({ cannot: `make the bundle ${quoted(args.dir)}`, why: fault.why, facts }))
    } finally {
      removeTree(part)
    }
    const proof = proven ? `; ${proven.value} was built from it without a network` : ''
    print(`${shown(args.dir)}: ${packages.length} packages, ${sources.length} sources${proof}`)
    return 0
  },
})

/** The bundle would be made without them, and fail where nobody can mend it. */
const untracked = (dir: string, paths: readonly string[]): Message => ({
  cannot: `make the bundle ${quoted(dir)}`,
  why: 'git does not track files of the packages, and the bundle would lack them',
  facts: paths.map(path => ['not tracked', quoted(path)]),
  remedy: 'git add them, or have .gitignore name them',
})

/** What keeps a bundle from being put there. */
function obstacle(to: string): string | undefined {
  if (!existsSync(dirname(to))) return 'the folder above it is not there'
  try {
    if (readdirSync(to).length > 0) return 'it is not empty'
    // It would be made beside it, on another disk, and could not take its place.
    const real = Buffer.from(realpathSync(to)).toString('latin1')
    return mountPoints().has(real) ? 'a file system is mounted there: name a folder in it' : undefined
  } catch (error) {
    const { code = '' } = error as NodeJS.ErrnoException
    if (code === 'ENOENT') return undefined
    return code === 'ENOTDIR' ? 'there is a file of that name' : (FILE_SYSTEM[code] ?? code)
  }
}

/** Those folders that do not lie in another one of them. */
const outermost = (folders: readonly string[]): readonly string[] =>
  [...new Set(folders)].filter(folder => !folders.some(other => folder.startsWith(`${other}/`)))
