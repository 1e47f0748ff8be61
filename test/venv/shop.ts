import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import {
  chmodSync,
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { sha256 } from '../../core/digest.ts'
import { formatMessage } from '../../core/message.ts'
import { findProgram } from '../../core/missing.ts'
import type { PackageName } from '../../core/name.ts'
import { removeTree } from '../../core/remove.ts'
import { treePath } from '../../core/store.ts'
import { type ClosureMember, withTrees } from '../../helpers/built/closure.ts'
import { type Entry, PACKAGE_TIME } from '../../helpers/tar/entry.ts'
import { readIdentity } from '../../helpers/tar/identity.ts'
import { packMembers, packTree } from '../../helpers/tar/pack.ts'
import { makeVenv } from '../../helpers/venv/make.ts'
import { venvMessage } from '../../helpers/venv/problem.ts'
import type { Request } from '../../helpers/venv/request.ts'
import { BUSYBOX, ORDINARY } from '../helpers/build/workshop.ts'

export interface Ran {
  readonly status: number | null
  readonly out: string
  readonly err: string
}

export interface RunOptions {
  readonly env?: Readonly<Record<string, string>>
  readonly cwd?: string
  readonly user?: number | undefined
  readonly input?: string
  /** What runs the script, instead of the interpreter that it names. */
  readonly shell?: readonly string[]
}

/** Both where root runs the tests; otherwise who runs them is an ordinary user. */
export const USERS: readonly (readonly [who: string, user: number | undefined])[] =
  process.getuid?.() === 0
    ? [
        ['root', undefined],
        ['an ordinary user', ORDINARY],
      ]
    : [['an ordinary user', undefined]]

/** A store with tiny packages, and venvs of them. */
export class VenvShop {
  readonly root: string
  store: string
  readonly #members = new Map<string, ClosureMember>()
  readonly #started: ChildProcess[] = []

  private constructor() {
    this.root = mkdtempSync(join(tmpdir(), 'coolports venv-'))
    chmodSync(this.root, 0o755)
    this.store = join(this.root, 'store')
  }

  static async open(): Promise<VenvShop> {
    const shop = new VenvShop()
    await shop.pack('base', {}, fillBase)
    return shop
  }

  /** Packs files by path; a text that starts with `->` is a symlink, one that starts with `#!` a program. */
  async pack(
    name: string,
    files: Readonly<Record<string, string>>,
    fill: (folder: string) => void = () => {},
  ): Promise<void> {
    const tree = mkdtempSync(join(this.root, 'fill-'))
    for (const [path, text] of Object.entries(files)) {
      mkdirSync(dirname(join(tree, path)), { recursive: true })
      if (text.startsWith('->')) symlinkSync(text.slice(2), join(tree, path))
      else writeFileSync(join(tree, path), text)
      if (text.startsWith('#!')) chmodSync(join(tree, path), 0o755)
    }
    fill(tree)
    const file = join(this.root, `${name}.tar.gz`)
    const packed = await packTree(tree, file)
    removeTree(tree)
    if (!packed.ok) throw new Error(JSON.stringify(packed.error))
    this.#add(name, file)
  }

  /** A package of entries that no folder is packed to. */
  async forge(name: string, entries: readonly Entry[]): Promise<void> {
    const file = join(this.root, `${name}.tar.gz`)
    const packed = await packMembers(
      entries.map(entry => ({ entry })),
      file,
    )
    if (!packed.ok) throw new Error(JSON.stringify(packed.error))
    this.#add(name, file)
  }

  /** A package of one file, with its tree in the store already: of the file that it came from the head will do. */
  plant(name: string, path: string): void {
    const digest = sha256(`${name} ${path}`)
    const file = join(this.root, `${name}.tar.gz`)
    writeFileSync(file, Buffer.concat([GZIP_HEAD, Buffer.from(`tar-sha256:${digest}\0`)]))
    const tree = treePath(this.store, digest)
    mkdirSync(join(tree, dirname(path)), { recursive: true })
    writeFileSync(join(tree, path), `${name}\n`)
    utimesSync(tree, PACKAGE_TIME, PACKAGE_TIME)
    this.#add(name, file)
  }

  #add(name: string, file: string): void {
    const tar = readIdentity(file)
    if (tar === undefined) throw new Error(`${file} names no tar`)
    const pkghash = sha256(name)
    const member = {
      name: name as PackageName,
      version: '1-1',
      pkghash,
      tar,
      file,
      needs: [],
      setuid: [],
      asked: true,
    }
    this.#members.set(name, member)
  }

  /** Makes a venv; answers its folder, or what a person is told. */
  async try(folder: string, packages: readonly string[], request: Partial<Request> = {}): Promise<string> {
    const members = packages.map(name => this.#members.get(name) as ClosureMember)
    const all: Request = {
      packages: packages as readonly PackageName[],
      order: false,
      prefer: [],
      alternatives: [],
      given: [],
      ...request,
    }
    const made = await withTrees(this.store, members, use =>
      makeVenv(resolve(this.root, folder), use, all, members),
    )
    return made.ok
      ? made.value.place
      : made.error.map(problem => formatMessage('venv', venvMessage(problem))).join('\n')
  }

  async make(folder: string, packages: readonly string[], request: Partial<Request> = {}): Promise<string> {
    const said = await this.try(folder, packages, request)
    if (said !== resolve(this.root, folder)) throw new Error(said)
    return said
  }

  /** Runs `venv-run` of a venv with these words. */
  run(venv: string, words: readonly string[], options: RunOptions = {}): Ran {
    const [program, ...rest] = this.#command(venv, words, options)
    const { status, stdout, stderr } = spawnSync(program as string, rest, {
      cwd: options.cwd ?? this.root,
      env: this.#env(options),
      input: options.input ?? '',
      encoding: 'utf8',
      // What waits for ever is a failure, and not the end of all tests.
      timeout: 30_000,
      killSignal: 'SIGKILL',
    })
    return { status, out: stdout, err: stderr }
  }

  /** The output of what has to succeed and to say nothing on stderr. */
  printed(venv: string, words: readonly string[], options: RunOptions = {}): string {
    const { status, out, err } = this.run(venv, words, options)
    if (status !== 0 || err !== '') throw new Error(`status ${status}: ${err}${out}`)
    return out
  }

  /** Starts `venv-run`; what it prints can be read line by line. */
  start(venv: string, words: readonly string[], options: RunOptions = {}): ChildProcess {
    const [program, ...rest] = this.#command(venv, words, options)
    const child = spawn(program as string, rest, { cwd: options.cwd ?? this.root, env: this.#env(options) })
    this.#started.push(child)
    return child
  }

  close(): void {
    for (const child of this.#started) child.kill('SIGTERM')
    removeTree(this.root)
  }

  #command(venv: string, words: readonly string[], { user, shell = [] }: RunOptions): readonly string[] {
    const as =
      user === undefined
        ? []
        : [findProgram('setpriv') ?? '', `--reuid=${user}`, `--regid=${user}`, '--clear-groups']
    return [...as, ...shell, join(venv, 'bin/venv-run'), ...words]
  }

  #env({ env = {} }: RunOptions): NodeJS.ProcessEnv {
    return { PATH: process.env.PATH, HOME: this.root, ...env }
  }
}

/** RFC 1952: deflate, with a comment, of no time and of any system. */
const GZIP_HEAD = Buffer.from([0x1f, 0x8b, 8, 0x10, 0, 0, 0, 0, 0, 0xff])

const APPLETS = 'cat echo env false hostname id ls printenv ps pwd readlink sh sleep sort stat touch true tty'

/** A small system in one static file. */
export function fillBase(folder: string): void {
  mkdirSync(join(folder, 'bin'))
  copyFileSync(BUSYBOX, join(folder, 'bin/busybox'))
  chmodSync(join(folder, 'bin/busybox'), 0o755)
  for (const applet of APPLETS.split(' ')) symlinkSync('busybox', join(folder, 'bin', applet))
}
