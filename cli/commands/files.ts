import { existsSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { quoted } from '../../core/message.ts'
import { ok, type Result, refuse } from '../../core/result.ts'
import type { Owned } from '../../helpers/install/record.ts'
import type { Held } from '../../helpers/tar/inspect.ts'
import { command, jsonOption, rootOption } from '../command.ts'
import { findPackage } from '../find.ts'
import { complain, json, no, print, type Refusal, shown, trouble } from '../output.ts'
import { complainOfRoot, nameIn } from '../root.ts'

/**
 * JSON: a list, in the order of the archive, of `{ kind, path, mode, size, target }`; `kind` is "file",
 * "directory", "symlink" or "link" (a hard link), `mode` a text of octal digits, `target` a text or null.
 */
export const files = command({
  usage: 'files <package>',
  about: 'List what a built package holds, or an installed one: mode, size, path, target of a link',
  details: 'Exit status: 0 listed, 1 it is not built, or damaged, 2 misuse or trouble.',
  examples: [
    ['coolports files make', 'what was built last'],
    ['coolports files ./make.pkg.tar.gz --json', 'any package file'],
    ['coolports files --root /srv/root make', 'what it has in a root'],
  ],
  options: yargs =>
    jsonOption(rootOption(yargs)).positional('package', {
      type: 'string',
      demandOption: true,
      describe: 'a package, or a file that ends in .tar.gz',
    }),
  run: async args => {
    if (args.root !== undefined) return filesInRoot(args.root, nameIn(args.package), args.json)
    const file = packageFile(args.tree, args.package)
    if (!file.ok) return complain(file.error)
    const [{ inspectTar }, { gunzipped }, { tarMessage }] = await Promise.all([
      import('../../helpers/tar/inspect.ts'),
      import('../../helpers/tar/unpack.ts'),
      import('../../helpers/tar/problem.ts'),
    ])
    const all: Held[] = []
    const listed = await inspectTar(gunzipped(file.value), {
      check: held => {
        if (args.json) all.push(held)
        else print(line(held))
        return undefined
      },
    })
    if (!listed.ok) return complain(no(tarMessage('list', quoted(args.package), listed.error)))
    if (args.json) print(json(all.map(forProgram)))
    return 0
  },
})

/** Of an installed package by the database, in the words for a package file. */
async function filesInRoot(root: string, name: string, asJson: boolean): Promise<number> {
  const { readRoot } = await import('../../helpers/install/database.ts')
  const read = readRoot<readonly Held[]>(root, ({ packages }) => {
    const found = packages.find(one => one.name === name)
    if (!found) return refuse([{ kind: 'not installed', name, names: packages.map(one => one.name) }])
    return ok(found.entries.map(heldOf))
  })
  if (!read.ok) return complainOfRoot('list', read.error)
  if (asJson) print(json(read.value.map(forProgram)))
  else for (const held of read.value) print(line(held))
  return 0
}

function heldOf(entry: Owned): Held {
  const { path } = entry
  switch (entry.kind) {
    case 'folder':
      return { kind: 'directory', path, mode: 0o755, size: 0, target: null }
    case 'symlink':
      return { kind: 'symlink', path, mode: 0o777, size: 0, target: entry.target }
    case 'file':
      return { kind: 'file', path, mode: entry.mode, size: entry.size, target: null }
  }
}

/** The file that is meant: one that is named itself, else what was built of a package. */
function packageFile(root: string, word: string): Result<string, Refusal> {
  if (word.endsWith('.tar.gz')) {
    const path = resolve(word)
    if (existsSync(path)) return ok(path)
    return refuse(trouble({ cannot: `read ${quoted(word)}`, why: 'there is no such file' }))
  }
  const name = findPackage(root, word)
  if (!name.ok) return name
  const path = join(root, 'pkg', name.value, '.pkg.tar.gz')
  if (existsSync(path)) return ok(path)
  return refuse(
    no({ cannot: `list ${name.value}`, why: 'it is not built', remedy: `coolports build ${name.value}` }),
  )
}

const forProgram = (held: Held) => ({ ...held, mode: held.mode.toString(8) })

function line({ kind, path, mode, size, target }: Held): string {
  const text = `${kindLetter(kind)}${permissions(mode)} ${String(size).padStart(10)} ${shown(path)}`
  if (target === null) return text
  return `${text} ${kind === 'link' ? 'is' : '->'} ${shown(target)}`
}

const kindLetter = (kind: string): string =>
  ({ file: '-', 'contiguous-file': '-', directory: 'd', symlink: 'l', link: 'h' })[kind] ?? '?'

/** As ls prints them; a set-id or sticky bit is a capital or small s or t. */
function permissions(mode: number): string {
  const letters = [...'rwxrwxrwx'].map((letter, index) => (mode & (0o400 >> index) ? letter : '-'))
  const special = (bit: number, at: number, letter: string): void => {
    if (mode & bit) letters[at] = letters[at] === 'x' ? letter : letter.toUpperCase()
  }
  special(0o4000, 2, 's')
  special(0o2000, 5, 's')
  special(0o1000, 8, 't')
  return letters.join('')
}
