import { existsSync, readFileSync } from 'node:fs'
import { dirname, join, normalize } from 'node:path'
import type { Sha256 } from '../../core/digest.ts'
import { KEY_FILE, readKey } from '../../core/key-file.ts'
import { type Message, quoted } from '../../core/message.ts'
import { isPackageName, PACKAGE_FILE, type PackageName } from '../../core/name.ts'
import { ok, type Result, refuse } from '../../core/result.ts'
import { type StoreUse, useStore } from '../store/use.ts'
import { readIdentity } from '../tar/identity.ts'

/** One built package of a closure. */
export interface ClosureMember {
  readonly name: PackageName
  /** VERSION-RELEASE. */
  readonly version: string
  readonly pkghash: Sha256
  /** The sha256 of its tar as its file names it: whoever takes the bytes on trust in it verifies them. */
  readonly tar: Sha256
  /** The `.pkg.tar.gz`, an absolute path if `root` is one. */
  readonly file: string
  /** The packages that it needs to run, and its set-uid files, as its key names them. */
  readonly needs: readonly string[]
  readonly setuid: readonly string[]
  /** Whether it was asked for; the others are there because those need them. */
  readonly asked: boolean
}

/**
 * The packages `names` of the tree `root` and all that they need to run, each once, in the order in
 * which a build would see them: of two files at one path the earlier package's counts. Only reads
 * what the rules made, and so says what was built, whatever the manifests say by now. All that is
 * missing is told.
 */
export function packageClosure(
  root: string,
  names: readonly PackageName[],
): Result<readonly ClosureMember[], readonly Message[]> {
  const problems: Message[] = []
  const all = new Set<PackageName>()
  for (const name of names) {
    const list = closureNames(root, name)
    if (!list.ok) problems.push(list.error)
    else for (const one of list.value) all.add(one)
  }
  const members: ClosureMember[] = []
  for (const name of all) {
    const member = closureMember(root, name, names.includes(name))
    if (member.ok) members.push(member.value)
    else problems.push(member.error)
  }
  return problems.length > 0 ? refuse(problems) : ok(members)
}

/** Does something for which the unpacked trees of a closure are needed, while no gc takes them out of the store. */
export const withTrees = <Value>(
  store: string,
  members: readonly ClosureMember[],
  work: (use: StoreUse) => Promise<Value>,
): Promise<Value> =>
  useStore(store, async use => {
    await use.need({ trees: members.map(({ tar }) => tar) })
    return work(use)
  })

/** The packages that the `.closure` of one names: itself first. */
export function closureNames(root: string, name: PackageName): Result<readonly PackageName[], Message> {
  const list = join(root, 'pkg', name, '.closure')
  if (!existsSync(list)) return refuse(notBuilt(name))
  const names: PackageName[] = []
  for (const line of readFileSync(list, 'utf8').split('\n')) {
    if (line === '') continue
    const one = normalize(line).split('/').at(-2) ?? ''
    if (!isPackageName(one)) return refuse(odd(name, list, `${quoted(line)} is no path of a package`))
    names.push(one)
  }
  return ok(names)
}

function closureMember(root: string, name: PackageName, asked: boolean): Result<ClosureMember, Message> {
  const file = join(root, 'pkg', name, PACKAGE_FILE)
  const keyFile = join(dirname(file), KEY_FILE)
  const read = existsSync(file) ? readKey(keyFile) : undefined
  if (read === undefined) return refuse(notBuilt(name))
  if (!read.ok) return refuse(odd(name, keyFile, read.error))
  const key = read.value
  if (key.name !== name) return refuse(odd(name, keyFile, 'it is the key of another package'))
  const tar = readIdentity(file)
  if (tar === undefined) return refuse(odd(name, file, 'its gzip header does not name the sha256 of its tar'))
  const version = `${key.version}-${key.release}`
  const needs = key.runDeps.map(one => one.name)
  return ok({ name, version, pkghash: key.hash, tar, file, needs, setuid: key.setuid, asked })
}

const notBuilt = (name: string): Message => ({
  cannot: `use ${name}`,
  why: 'it is not built',
  remedy: `coolports build ${name}`,
})

const odd = (name: string, file: string, why: string): Message => ({
  cannot: `use ${name}`,
  why,
  facts: [['file', file]],
  remedy: `remove the file; coolports build ${name} makes it again`,
})
