import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { Sha256 } from '../../core/digest.ts'
import { KEY_FILE, keyIn } from '../../core/key-file.ts'
import { LAST_PACKAGE_FILE, PACKAGE_FILE } from '../../core/name.ts'
import { packageKeyPath, storeRoot } from '../../core/store.ts'
import { textIfThere } from '../../core/text-if-there.ts'
import { command, jsonOption, packageOption } from '../command.ts'
import { bringUpToDate } from '../door.ts'
import { findPackage } from '../find.ts'
import { complain, json, print, shownLine, trouble } from '../output.ts'
import { paint } from '../paint.ts'
import { presentKey } from '../present-key.ts'
import type { Reason } from './explain/reason.ts'

/**
 * JSON: `{ name, state, built, present, same, changes, dependencies }`, where
 * - `state`: "up-to-date", "out-of-date" or "not-built"
 * - `built`, `present`: hashes of the keys; `built` is null when it is not built
 * - `same`: the hash of the package in the store that will be taken in place of a build, because it came of
 *   the same content, or null where none is known, and where it is up to date
 * - `changes`: list of `{ sign, line }`; `sign` is "-" or "+"
 * - `dependencies`: list of `{ name, built, present, reason }`, the dependencies that are others now;
 *   `reason` is `{ name, built, present, changes, dependencies }` again, or null where it is not known
 *   or was told before
 */
export const explain = command({
  usage: 'explain <package>',
  about: 'Say why a package would be built again: in what its key differs from that of the built one',
  details:
    'And whether it would be: where the store has a package of the same recipe that saw the same bytes, that one is taken.\nExit status: 0 it is up to date, 1 it is out of date or not built, 2 misuse or trouble.',
  examples: [
    ['coolports explain make', 'after an edit: what would be built again, and why?'],
    ['coolports explain make --json', 'for a program'],
  ],
  options: yargs => jsonOption(packageOption(yargs)),
  run: async args => {
    const name = findPackage(args.tree, args.package)
    if (!name.ok) return complain(name.error)
    const folder = join(args.tree, 'pkg', name.value)
    const status = await bringUpToDate(args.tree, [`pkg/${name.value}/${KEY_FILE}`])
    // Here 1 would be an answer: that it is out of date.
    if (status !== 0) return status === 1 ? 2 : status
    const [{ findBuilt }, { reason }] = await Promise.all([
      import('./explain/built.ts'),
      import('./explain/reason.ts'),
    ])
    const key = presentKey(args.tree, name.value)
    if (!key.ok) return complain(key.error)
    const present = key.value.hash
    const store = storeRoot(process.env, args.tree)
    const file = [PACKAGE_FILE, LAST_PACKAGE_FILE].map(one => join(folder, one)).find(existsSync)
    const built = file === undefined ? ({ kind: 'not built' } as const) : findBuilt(file, store, present)
    if (built.kind === 'unknown') {
      return complain(
        trouble({
          cannot: `explain ${name.value}`,
          why: 'the store does not know the key that it was built from',
          remedy: `rm pkg/${name.value}/.pkg.tar.gz && coolports build ${name.value} leaves it there`,
        }),
      )
    }
    if (built.kind === 'not built') {
      const same = await foreseen(args.tree, store, name.value)
      const state = { state: 'not-built', built: null, present, same, changes: [], dependencies: [] }
      if (args.json) print(json({ name: name.value, ...state }))
      else {
        print(`${name.value} is not built`)
        if (same !== null) print(taken(same))
      }
      return 1
    }
    const found = reason(name.value, built.key, key.value.text, {
      byHash: hash => textIfThere(packageKeyPath(store, hash)),
      present: dependency => keyIn(join(args.tree, 'pkg', dependency))?.text,
    })
    const upToDate = built.hash === present
    const same = upToDate ? null : await foreseen(args.tree, store, name.value)
    if (args.json) print(json({ ...found, same, state: upToDate ? 'up-to-date' : 'out-of-date' }))
    else if (upToDate) print(`${name.value} is up to date`)
    else {
      print(`${name.value} is out of date:`)
      for (const line of report(found)) print(line)
      if (same !== null) print(taken(same))
    }
    return upToDate ? 0 : 1
  },
})

/** The package that will be taken in place of a build. */
async function foreseen(root: string, store: string, name: string): Promise<Sha256 | null> {
  const [{ foreseeCutoff }, { readTree }] = await Promise.all([
    import('./explain/cutoff.ts'),
    import('../manifests.ts'),
  ])
  const manifests = await readTree(root)
  return (manifests.ok && foreseeCutoff(root, store, manifests.value, name)?.hash) || null
}

const taken = (same: Sha256): string =>
  `it will not be built: its inputs are those of ${short(same)}, which is taken from the store`

/** A list and not a recursion, as chains may be long. */
function report(found: Reason): readonly string[] {
  const lines: string[] = []
  const open: ReturnType<typeof found.dependencies.values>[] = []
  const enter = ({ changes, dependencies }: Reason): void => {
    open.push(dependencies.values())
    for (const { sign, line } of changes) {
      const text = `${sign} ${shownLine(line)}`
      lines.push('  '.repeat(open.length) + (sign === '-' ? paint.red(text) : paint.green(text)))
    }
  }
  enter(found)
  for (let at = open.at(-1); at !== undefined; at = open.at(-1)) {
    const { value, done } = at.next()
    if (done) {
      open.pop()
      continue
    }
    const { name, built, present, reason } = value
    const is = `is another one: ${short(built)} before, ${short(present)} now`
    lines.push(`${'  '.repeat(open.length)}${paint.bold(name)} ${is}`)
    if (reason) enter(reason)
  }
  return lines
}

const short = (hash: Sha256): string => hash.slice(0, 12)
