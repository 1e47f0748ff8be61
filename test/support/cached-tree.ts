import { rmSync } from 'node:fs'
import { join } from 'node:path'
import type { SecretKey } from '../../helpers/cache/minisign.ts'
import { writeTrust } from '../../helpers/cache/trust.ts'
import { mustRun, type Ran, run, smallTree } from './small-tree.ts'
import { manifest, type Tree } from './tree.ts'

/** A package that another one needs to run and to build. */
export const LOW = manifest({
  buildDeps: "['seed']",
  build: 'sh`mkdir "$DESTDIR/share"; echo low >"$DESTDIR/share/low"`',
})
export const HIGH = manifest({
  buildDeps: "['seed', 'low']",
  runDeps: "['low']",
  build: 'sh`mkdir "$DESTDIR/share"; cp /share/low "$DESTDIR/share/high"`',
})

export const HIGH_TARGET = 'pkg/high/.pkg.tar.gz'

/** A user with a tree, a store, a key and opinions of his own. */
export class User {
  readonly tree: Tree
  readonly home: string
  readonly #env: Readonly<Record<string, string>>

  private constructor(tree: Tree) {
    this.tree = tree
    this.home = join(tree.root, 'home')
    this.#env = { XDG_CONFIG_HOME: this.home, PKG_CACHE_URL: '', PACKAGE_CACHE_URL: '' }
  }

  static async of(packages: Readonly<Record<string, string>> = { low: LOW, high: HIGH }): Promise<User> {
    const tree = smallTree(packages)
    const { problems } = await tree.generate()
    if (problems.length > 0) throw new Error(JSON.stringify(problems))
    return new User(tree)
  }

  run(command: readonly string[], env: Readonly<Record<string, string>> = {}): Ran {
    return run(this.tree, command, { ...this.#env, ...env })
  }

  must(command: readonly string[], env: Readonly<Record<string, string>> = {}): string {
    return mustRun(this.tree, command, { ...this.#env, ...env })
  }

  /** Runs `coolports` on this tree. */
  coolports(...words: readonly string[]): string {
    return this.must(['bin/coolports', '-C', this.tree.root, ...words])
  }

  /** The key that this user signs with; made when it is first asked for. */
  key(): string {
    return /^RW.*$/m.exec(this.coolports('cache', 'key'))?.[0] ?? ''
  }

  /** Trusts these keys, by the names of their owners, and no others. */
  trust(keys: Readonly<Record<string, SecretKey>>): void {
    writeTrust(
      join(this.home, 'coolports/trust'),
      Object.entries(keys).map(([name, key]) => ({ key: key.public, name })),
    )
  }

  /** Builds and publishes packages. */
  publish(folder: string, ...packages: readonly string[]): string {
    this.key()
    return this.must(['bin/add-to-package-cache', '-C', this.tree.root, '-o', folder, ...packages])
  }

  /** Makes building from source impossible: what is there now came from a cache. */
  loseSeed(): void {
    rmSync(join(this.tree.root, 'seed.tar'))
  }
}
