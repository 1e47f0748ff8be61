import { execFileSync } from 'node:child_process'
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { onTestFinished } from 'vitest'
import { formatMessage } from '../../../core/message.ts'
import type { PackageName } from '../../../core/name.ts'
import { ok } from '../../../core/result.ts'
import { packageClosure } from '../../../helpers/built/closure.ts'
import { type Candidate, readCandidates } from '../../../helpers/install/candidate.ts'
import { changeRoot, type Done, type Earlier } from '../../../helpers/install/change.ts'
import { readRoot } from '../../../helpers/install/database.ts'
import { installMessage } from '../../../helpers/install/problem.ts'
import { type Deviation, verifyPackages } from '../../../helpers/install/verify.ts'
import { useStore } from '../../../helpers/store/use.ts'
import { packTree } from '../../../helpers/tar/pack.ts'
import { keyAt, keyFileText, pkgKeyText, runDep } from '../../support/pkgkey.ts'
import { ORDINARY } from '../build/workshop.ts'

/** In memory where there is such a place: every change has the whole disk flushed. */
const PLACE = existsSync('/dev/shm') ? '/dev/shm' : tmpdir()

/** A text is a file, `-> X` a symlink to X, `!X` a file that may be run. A path that ends in a slash is a folder. */
export type Files = Readonly<Record<string, string>>

/** A root, and packages as redo leaves them in a tree, made without a build. */
export class Ground {
  readonly folder = mkdtempSync(join(PLACE, 'coolports install-'))
  readonly root = join(this.folder, 'a root')
  readonly tree = join(this.folder, 'tree')
  readonly store = join(this.folder, 'store')

  /** Whether set-uid files are installed so. */
  asRoot = true

  /** What was told of changes that were cut short before those of this ground. */
  readonly earlier: Earlier[] = []

  constructor() {
    // After all disks of the test are unmounted.
    onTestFinished(() => rmSync(this.folder, { recursive: true, force: true }))
    mkdirSync(this.root)
    chmodSync(this.root, 0o755)
  }

  /** Where the content of a package is put together. */
  contentOf(name: string): string {
    return join(this.folder, `content of ${name}`)
  }

  /** Makes a package, or makes it anew. */
  async make(name: string, version: string, files: Files, needs: readonly string[] = []): Promise<void> {
    rmSync(this.contentOf(name), { recursive: true, force: true })
    mkdirSync(this.contentOf(name))
    write(this.contentOf(name), files)
    await this.pack(name, version, needs)
  }

  /** `setuid`: what is packed so; `keyed`: what the key says of it. */
  async pack(
    name: string,
    version: string,
    needs: readonly string[] = [],
    {
      setuid = [],
      keyed = setuid,
    }: { readonly setuid?: readonly string[]; readonly keyed?: readonly string[] } = {},
  ): Promise<void> {
    const folder = join(this.tree, 'pkg', name)
    mkdirSync(folder, { recursive: true })
    const packed = await packTree(this.contentOf(name), join(folder, '.pkg.tar.gz'), { setuid })
    if (!packed.ok) throw new Error(JSON.stringify(packed.error))
    const told = (one: string, file: string): string =>
      readFileSync(join(this.tree, 'pkg', one, file), 'utf8')
    const key = pkgKeyText({
      ...{ name, version, setuid: keyed },
      files: [{ mode: '644', sha256: packed.value.digest, path: 'content' }],
      runDeps: needs.map(one => runDep(one, keyAt(this.tree, one).hash)),
    })
    writeFileSync(join(folder, '.pkghash'), keyFileText(key))
    const lists = needs.flatMap(one => told(one, '.closure').split('\n'))
    const list = [...new Set([`../${name}/.pkg.tar.gz`, ...lists.filter(line => line !== '')])]
    writeFileSync(join(folder, '.closure'), `${list.join('\n')}\n`)
  }

  async candidates(...names: readonly string[]): Promise<readonly Candidate[]> {
    const members = packageClosure(this.tree, names as readonly PackageName[])
    if (!members.ok) throw new Error(JSON.stringify(members.error))
    const read = await useStore(this.store, use =>
      readCandidates(use, members.value, { asRoot: this.asRoot }),
    )
    if (!read.ok) throw new Error(JSON.stringify(read.error))
    return read.value
  }

  /** What was done, or what a person is told. */
  async install(...names: readonly string[]): Promise<Done | string> {
    return this.#change(await this.candidates(...names), [])
  }

  remove(...names: readonly string[]): Done | string {
    return this.#change([], names)
  }

  /** What is not as its package left it. */
  verify(): readonly Deviation[] {
    const read = readRoot(this.root, ({ packages }, folders) => ok([...verifyPackages(folders, packages)]))
    if (!read.ok) throw new Error(JSON.stringify(read.error))
    return read.value
  }

  #change(add: readonly Candidate[], remove: readonly string[]): Done | string {
    const done = changeRoot(this.root, { add, remove }, earlier => this.earlier.push(earlier))
    if (done.ok) return done.value
    const action = remove.length > 0 ? 'remove' : 'install'
    return done.error.map(problem => formatMessage('test', installMessage(action, problem))).join('\n')
  }

  write(files: Files): void {
    write(this.root, files)
  }

  read(path: string): string {
    return readFileSync(join(this.root, path), 'utf8')
  }

  /** All that stands in the root, in the words of `Files`, but for the database. */
  shown(): Files {
    return Object.fromEntries(all(this.root).filter(([path]) => !path.startsWith('var/')))
  }

  /** The database's files, too. */
  everything(): Files {
    return Object.fromEntries(all(this.root))
  }
}

export function write(root: string, files: Files): void {
  for (const [path, text] of Object.entries(files)) {
    const full = join(root, path)
    mkdirSync(path.endsWith('/') ? full : dirname(full), { recursive: true })
    if (path.endsWith('/')) continue
    rmSync(full, { force: true })
    if (text.startsWith('-> ')) symlinkSync(text.slice(3), full)
    else {
      writeFileSync(full, text.replace(/^!/, ''))
      chmodSync(full, text.startsWith('!') ? 0o755 : 0o644)
    }
  }
}

function all(root: string, below = ''): readonly (readonly [string, string])[] {
  return readdirSync(join(root, below))
    .sort()
    .flatMap(name => {
      const path = below === '' ? name : `${below}/${name}`
      const full = join(root, path)
      const stats = lstatSync(full)
      if (stats.isSymbolicLink()) return [[path, `-> ${readlinkSync(full)}`] as const]
      if (stats.isDirectory()) return [[`${path}/`, ''] as const, ...all(root, path)]
      return [[path, (stats.mode & 0o111 ? '!' : '') + readFileSync(full, 'utf8')] as const]
    })
}

/** Root may read any folder, and put something into it. */
export async function asOrdinary<Value>(ground: Ground, work: () => Promise<Value>): Promise<Value> {
  if (process.geteuid?.() !== 0) return work()
  execFileSync('chown', ['-Rh', `${ORDINARY}:${ORDINARY}`, ground.folder])
  process.setegid?.(ORDINARY)
  process.seteuid?.(ORDINARY)
  try {
    return await work()
  } finally {
    process.seteuid?.(0)
    process.setegid?.(0)
  }
}
