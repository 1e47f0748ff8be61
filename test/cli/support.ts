import { spawnSync } from 'node:child_process'
import { cpSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { vi } from 'vitest'
import { run } from '../../cli/run.ts'
import { Tree } from '../support/tree.ts'

const repository = resolve(import.meta.dirname, '../..')

export interface Said {
  readonly status: number | null
  readonly out: string
  readonly err: string
}

/** Runs a command within the test, in the root of the tree; for those that start no other program. */
export async function coolports(tree: Tree, ...args: readonly string[]): Promise<Said> {
  const said = { out: '', err: '' }
  const catching = (stream: NodeJS.WriteStream, name: keyof typeof said) =>
    vi.spyOn(stream, 'write').mockImplementation(text => {
      said[name] += text
      return true
    })
  const spies = [catching(process.stdout, 'out'), catching(process.stderr, 'err')]
  const before = process.cwd()
  process.chdir(tree.root)
  try {
    const status = await run(['-C', tree.root, ...args])
    return { status, ...said }
  } finally {
    process.chdir(before)
    for (const spy of spies) spy.mockRestore()
  }
}

/** Runs this checkout's `coolports` by its door, which bundles it first when a source is newer. */
export const coolportsDoor = (tree: Tree, ...args: readonly string[]): Said =>
  coolportsIn(tree.root, {}, '-C', tree.root, ...args)

export function coolportsIn(
  cwd: string,
  env: Readonly<Record<string, string>>,
  ...args: readonly string[]
): Said {
  const { status, stdout, stderr } = spawnSync(join(repository, 'bin/coolports'), [...args], {
    cwd,
    encoding: 'utf8',
    env: { ...process.env, COOLPORTS_STORE: join(cwd, '.store'), COOLPORTS_DEBIAN_MIRRORS: '', ...env },
  })
  return { status, out: stdout, err: stderr }
}

/** A tree with the doors that need no sandbox; those that do tell how they were called. */
export function treeWithDoors(files: Readonly<Record<string, string>>): Tree {
  const tree = new Tree(files)
  cpSync(join(repository, 'bin'), join(tree.root, 'bin'), { recursive: true })
  symlinkSync(join(repository, 'dist'), join(tree.root, 'dist'))
  // The programs are those of this checkout: nothing to install or to bundle.
  tree.write(
    'helpers/door.sh',
    'prepare_program() { :; }\nrun_program() { program=$1; shift; exec node "$coolports/dist/$program.js" "$@"; }\n',
  )
  cpSync(join(repository, 'helpers/package-name.sh'), join(tree.root, 'helpers/package-name.sh'))
  mkdirSync(join(tree.root, 'mirrors'))
  for (const door of ['build-packages-ifchange', 'build-shell'])
    writeFileSync(
      join(tree.root, 'bin', door),
      `#!/bin/sh\nprintf '%s' ${door}\nfor word; do printf ' [%s]' "$word"; done\necho\nexit 7\n`,
    )
  return tree
}
