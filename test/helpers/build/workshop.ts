import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import {
  chmodSync,
  chownSync,
  copyFileSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { build as bundle } from 'esbuild'
import { sha256 } from '../../../core/digest.ts'
import { parsePart } from '../../../core/part.ts'
import { removeTree } from '../../../core/remove.ts'
import { packTree } from '../../../helpers/tar/pack.ts'

/** An ordinary user that nobody is, for tests that root runs. */
export const ORDINARY = 12345

export interface Ran {
  readonly status: number | null
  readonly stdout: string
  readonly stderr: string
}

export interface RunOptions {
  readonly script?: string
  readonly env?: Readonly<Record<string, string>>
  /** Runs as this user, through setpriv. */
  readonly user?: number
  readonly umask?: number
  /** Its stderr goes into this file. */
  readonly log?: string
}

/** A folder with a store and some tiny packages, where do-build runs for real. */
export class Workshop {
  readonly root: string
  readonly #program: string
  readonly #started: ChildProcess[] = []

  private constructor(root: string, program: string) {
    this.root = root
    this.#program = program
  }

  static async open(): Promise<Workshop> {
    const root = mkdtempSync(join(tmpdir(), 'coolports test-'))
    chmodSync(root, 0o755)
    // By which a program knows the root of its tree.
    writeFileSync(join(root, 'package.json'), '{"type":"module"}\n')
    // What tells how a missing program is installed.
    mkdirSync(join(root, 'helpers'))
    copyFileSync('helpers/system.sh', join(root, 'helpers/system.sh'))
    const program = join(root, 'dist')
    await bundle({
      entryPoints: { 'do-build': 'helpers/build/main.ts', deflate: 'helpers/tar/deflate-worker.ts' },
      outdir: program,
      bundle: true,
      platform: 'node',
      target: 'node20',
      format: 'esm',
      banner: {
        js: "import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);",
      },
    })
    const workshop = new Workshop(root, join(program, 'do-build.js'))
    mkdirSync(join(workshop.store, 'distfiles'), { recursive: true })
    await workshop.pack('base', makeBase)
    return workshop
  }

  get store(): string {
    return join(this.root, 'store')
  }

  /** The folder of a package, made when it is not there. */
  folder(name: string): string {
    const folder = join(this.root, 'pkg', name)
    mkdirSync(folder, { recursive: true })
    return folder
  }

  /** The folder of the build of a package that is running, or was killed. */
  work(name: string): string {
    const isWork = (file: string): boolean => parsePart(file)?.of === 'build'
    return join(this.folder(name), readdirSync(this.folder(name)).find(isWork) ?? 'none')
  }

  /** Packs what `fill` puts into a folder as the package `name`. */
  async pack(name: string, fill: (folder: string) => void): Promise<string> {
    const tree = mkdtempSync(join(this.root, 'fill-'))
    fill(tree)
    const file = join(this.folder(name), '.pkg.tar.gz')
    const packed = await packTree(tree, file)
    if (!packed.ok) throw new Error(JSON.stringify(packed.error))
    removeTree(tree)
    return file
  }

  /** Writes the list that --closure takes. */
  closure(name: string, ...packages: readonly string[]): void {
    writeFileSync(
      join(this.folder(name), '.bclosure'),
      packages.map(one => `../${one}/.pkg.tar.gz\n`).join(''),
    )
  }

  /** Puts a source into the store; answers with its record of a fetch list. */
  source(file: string, data: string | Buffer): string {
    const digest = sha256(data)
    writeFileSync(join(this.store, 'distfiles', digest), data)
    return `file: ${file}\nurl: http://example.org/${file}\nsha256: ${digest}\n`
  }

  /** What a build of `name` that runs `script` needs on the command line. */
  build(name: string, script: string, options: RunOptions & { readonly args?: readonly string[] } = {}): Ran {
    const args = ['--package', `${name}-1-1`, '--closure', '.bclosure', '--out', '.pkg.tar.gz']
    return this.run(name, [...args, ...(options.args ?? [])], { ...options, script })
  }

  run(name: string, args: readonly string[], options: RunOptions = {}): Ran {
    const [command, ...words] = this.command(args, options)
    const { status, stdout, stderr } = spawnSync(command as string, words, {
      cwd: this.folder(name),
      env: this.env(options.env),
      input: options.script ?? '',
      encoding: 'utf8',
    })
    return { status, stdout, stderr }
  }

  /** Starts a build and does not wait for it. */
  start(name: string, script: string) {
    const [command, ...words] = this.command(
      ['--package', `${name}-1-1`, '--closure', '.bclosure', '--out', '.pkg.tar.gz'],
      {},
    )
    const child = spawn(command as string, words, {
      cwd: this.folder(name),
      env: this.env(),
      stdio: ['pipe', 'ignore', 'pipe'],
    })
    child.stdin.end(script)
    this.#started.push(child)
    return child
  }

  /** Gives everything to another user. */
  giveTo(user: number): void {
    const give = (path: string): void => {
      chownSync(path, user, user)
      if (lstatSync(path).isDirectory()) for (const name of readdirSync(path)) give(join(path, name))
    }
    for (const name of ['pkg', 'store']) give(join(this.root, name))
  }

  close(): void {
    for (const child of this.#started) child.kill('SIGKILL')
    removeTree(this.root)
  }

  private command(args: readonly string[], options: RunOptions): readonly string[] {
    const run = [process.execPath, this.#program, ...args]
    const umask = (options.umask ?? 0o022).toString(8)
    const log = options.log === undefined ? '' : `exec 2>'${options.log}';`
    const user =
      options.user === undefined
        ? []
        : ['setpriv', `--reuid=${options.user}`, `--regid=${options.user}`, '--clear-groups']
    return ['/bin/sh', '-c', `umask ${umask}; ${log} exec "$@"`, 'sh', ...user, ...run]
  }

  private env(more: Readonly<Record<string, string>> = {}): NodeJS.ProcessEnv {
    return { PATH: process.env.PATH, COOLPORTS_STORE: this.store, ...more }
  }
}

/** A whole small system in one static file: a shell and the commands that scripts here use. */
export const BUSYBOX = ['/usr/bin/busybox', '/bin/busybox'].find(existsSync) ?? 'busybox'

function makeBase(folder: string): void {
  const bin = join(folder, 'bin')
  mkdirSync(bin)
  copyFileSync(BUSYBOX, join(bin, 'busybox'))
  chmodSync(join(bin, 'busybox'), 0o755)
  const applets =
    'cat chmod env find grep head hostname id ifconfig kill ln ls mkdir mkfifo mv nc ps readlink rm seq sh sleep sort stat tail tar touch tr true wc'
  for (const applet of applets.split(' ')) symlinkSync('busybox', join(bin, applet))
  writeFileSync(join(bin, 'keyring'), KEYRING, { mode: 0o755 })
}

/** A program for x86-64 that asks for its session keyring, keyctl(0, -3, 0), and ends with the number of the error. */
const KEYRING = (() => {
  const code = Buffer.from('b8fa00000031ff48c7c6fdffffff31d20f05f7d889c7b83c0000000f05', 'hex')
  const file = Buffer.alloc(120)
  Buffer.from('7f454c46020101', 'hex').copy(file)
  const [address, size] = [0x400000n, BigInt(file.length + code.length)]
  for (const [at, value] of [
    [16, 2], // an executable
    [18, 62], // for x86-64
    [52, 64], // the length of this header
    [54, 56], // of the one that follows
    [56, 1], // which is the only one
    [64, 1], // to be loaded
    [68, 5], // to be read and run
  ] as const)
    file.writeUInt16LE(value, at)
  file.writeUInt32LE(1, 20)
  for (const [at, value] of [
    [24, address + BigInt(file.length)],
    [32, 64n],
    [80, address],
    [88, address],
    [96, size],
    [104, size],
    [112, 4096n],
  ] as const)
    file.writeBigUInt64LE(value, at)
  return Buffer.concat([file, code])
})()
