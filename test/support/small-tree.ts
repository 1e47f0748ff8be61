import { spawnSync } from 'node:child_process'
import { cpSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { sha256 } from '../../core/digest.ts'
import { DOOR_FILES } from './api-files.ts'
import { Tree } from './tree.ts'

const repository = resolve(import.meta.dirname, '../..')

/** Debian's busybox-static, which .ci/test installs. */
const BUSYBOX = '/usr/bin/busybox'
const APPLETS = [
  'sh',
  'cat',
  'mkdir',
  'cp',
  'rm',
  'ls',
  'env',
  'id',
  'tar',
  'gzip',
  'patch',
  'head',
  'find',
  'sort',
  'test',
  'hostname',
  'date',
  'nproc',
]

/**
 * A whole tree that builds within a second a package: the doors and programs of this one, and a
 * seed that is busybox alone. Every script in it is run by `shell`.
 */
export function smallTree(packages: Readonly<Record<string, string>>, shell = '/bin/sh'): Tree {
  const tree = new Tree()
  const { root } = tree
  for (const part of ['dist', 'node_modules', 'build.mjs'])
    symlinkSync(join(repository, part), join(root, part))
  // Their times, lest the doors take the programs for older than their sources.
  for (const part of DOOR_FILES)
    cpSync(join(repository, part), join(root, part), { recursive: true, preserveTimestamps: true })
  mkdirSync(join(root, 'mirrors'))

  const seed = join(root, 'seed')
  mkdirSync(join(seed, 'bin'), { recursive: true })
  cpSync(BUSYBOX, join(seed, 'bin/busybox'))
  for (const applet of APPLETS) symlinkSync('busybox', join(seed, 'bin', applet))
  const archive = join(root, 'seed.tar')
  // The same bytes for every tree, so that trees can have packages of one key.
  const same = ['--sort=name', '--owner=0', '--group=0', '--mtime=@0']
  spawnSync('tar', ['-C', seed, ...same, '-cf', archive, 'bin'])
  tree.write('pkg/seed/package.ts', seedManifest(archive, sha256(readFileSync(archive))))
  for (const [name, text] of Object.entries(packages)) tree.write(`pkg/${name}/package.ts`, text)
  if (shell !== '/bin/sh') {
    for (const path of readdirSync(join(root, 'bin'), { recursive: true, withFileTypes: true })) {
      if (path.isFile()) useShell(join(path.parentPath, path.name), shell)
    }
    for (const path of readdirSync(join(root, '.do-defaults')))
      useShell(join(root, '.do-defaults', path), shell)
  }
  return tree
}

/** Makes a script one of another shell. */
export function useShell(path: string, shell: string): void {
  writeFileSync(path, readFileSync(path, 'utf8').replace(/^#!\/bin\/sh\n/, `#!${shell}\n`))
}

export interface Ran {
  readonly status: number | null
  /** Both of its outputs, stderr last. */
  readonly said: string
}

/** Runs a command in the tree, with a store of its own. */
export function run(tree: Tree, command: readonly string[], env: Readonly<Record<string, string>> = {}): Ran {
  const [program = '', ...words] = command
  const { status, stdout, stderr } = spawnSync(program, words, {
    cwd: tree.root,
    encoding: 'utf8',
    env: { ...process.env, COOLPORTS_STORE: join(tree.root, '.store'), ...env },
  })
  return { status, said: stdout + stderr }
}

/** The same of a command that has to succeed; what it said is in the error should it not. Answers that. */
export function mustRun(
  tree: Tree,
  command: readonly string[],
  env: Readonly<Record<string, string>> = {},
): string {
  const { status, said } = run(tree, command, env)
  if (status !== 0) throw new Error(`${command.join(' ')} ended with exit status ${status}:\n${said}`)
  return said
}

function seedManifest(archive: string, digest: string): string {
  return `import { definePackage, importArchive, sh } from 'coolports'
export default definePackage({
  version: '1',
  description: 'busybox',
  homepage: 'https://busybox.net',
  license: 'GPL-2.0-only',
  sources: [{ urls: [${JSON.stringify(`file://${archive.replaceAll(' ', '%20')}`)}], sha256: '${digest}' }],
  build: importArchive(),
  test: sh\`test "$(ls /bin/sh)" = /bin/sh\`,
  update: { kind: 'fixed', why: 'a test' },
})
`
}
