import { mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { type Sha256, sha256 } from '../../../core/digest.ts'
import { removeTree } from '../../../core/remove.ts'
import { distfilePath, packageKeyPath, packagePath, treePath } from '../../../core/store.ts'
import { contentKey } from '../../../helpers/build/content-key.ts'
import { rememberContent } from '../../../helpers/store/content.ts'
import { markUsed } from '../../../helpers/store/mark.ts'
import { packTree } from '../../../helpers/tar/pack.ts'
import { unpackPackage } from '../../../helpers/tar/unpack.ts'

/** A store with things of one's own in it. */
export class Store {
  readonly root = mkdtempSync(join(tmpdir(), 'coolports store-'))

  /** When entries are used if nobody says; each later than the one before. */
  #moment = Date.now() / 1000

  source(text: string): Sha256 {
    const digest = sha256(text)
    mkdirSync(join(this.root, 'distfiles'), { recursive: true })
    writeFileSync(distfilePath(this.root, digest), text)
    this.use('distfiles', digest)
    return digest
  }

  /** A package with a file of its own, its key, a note of its content, and its tree. */
  async package(name: string, bytes = 10_000): Promise<{ readonly hash: Sha256; readonly tar: Sha256 }> {
    const key = `coolports-pkgkey 1\nname ${name}\nversion 1\nrelease 1\n`
    const hash = sha256(key)
    const folder = join(this.root, 'fill')
    mkdirSync(join(folder, 'bin'), { recursive: true })
    writeFileSync(join(folder, 'bin', name), Buffer.alloc(bytes, name), { mode: 0o755 })
    mkdirSync(join(this.root, 'packages'), { recursive: true })
    const packed = await packTree(folder, packagePath(this.root, hash))
    if (!packed.ok) throw new Error('not packed')
    writeFileSync(packageKeyPath(this.root, hash), key)
    const { digest: tar } = packed.value
    rememberContent(this.root, { text: contentKey(key, []) ?? '', tar }, hash)
    mkdirSync(treePath(this.root, tar), { recursive: true, mode: 0o755 })
    await unpackPackage(packagePath(this.root, hash), treePath(this.root, tar))
    removeTree(folder)
    this.use('packages', hash)
    this.use('trees', tar)
    return { hash, tar }
  }

  /** Marks an entry as used later than all before it. */
  use(kind: 'distfiles' | 'packages' | 'trees', digest: Sha256): void {
    markUsed(this.root, kind, digest)
    this.#moment += 100
    const mark = join(this.root, 'used', `${kind}.${digest}`)
    mkdirSync(dirname(mark), { recursive: true })
    utimesSync(mark, this.#moment, this.#moment)
  }

  remove(): void {
    rmSync(this.root, { recursive: true, force: true })
  }
}

/** Holds packages, by a root such as other programs write them. */
export function holdPackages(store: string, owner: string, hashes: readonly Sha256[]): void {
  mkdirSync(join(store, 'roots'), { recursive: true })
  const lines = [`owner: ${JSON.stringify(owner)}`, ...hashes.map(hash => `package: ${hash}`), '']
  writeFileSync(join(store, 'roots', sha256(owner)), lines.join('\n'))
}
