import { execFileSync, spawnSync } from 'node:child_process'
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { build } from 'esbuild'
import { afterAll, describe, expect, test } from 'vitest'

// Each script in conformance/ is one sentence about redo. All run under every implementation that is
// there, and ours under every shell that is there: as the sh of the .do files and of our commands.
// With REDO_OWN_SHELLS=1 ours starts a shell for each .do, as it does for those that may leave one that stays.

const root = resolve(import.meta.dirname, '../..')
const folder = join(import.meta.dirname, 'conformance')
const scratch = mkdtempSync(join(tmpdir(), 'redo-conformance-'))

interface Redo {
  readonly name: string
  /** The folder of its commands, and that of its `sh`. */
  readonly path: readonly string[]
}

const scripts = readdirSync(folder)
  .filter(name => /^\d.*\.sh$/.test(name))
  .sort()

afterAll(() => rmSync(scratch, { recursive: true, force: true }))

const hasOwnShells = process.env.REDO_OWN_SHELLS === '1'
const ownDist = hasOwnShells ? await bundleWithOwnShells() : undefined

for (const redo of [...shells().map(ours), ...others()]) {
  describe(redo.name, () => {
    for (const script of scripts) {
      const text = readFileSync(join(folder, script), 'utf8')
      const [only, needs] = [tag(text, 'only'), tag(text, 'needs')]
      const applies = (only?.includes(implementation(redo)) ?? true) && (needs?.every(isOnPath) ?? true)
      test.skipIf(!applies)(`${script.slice(0, 3)} ${sentence(text)}`, () => {
        const cwd = mkdtempSync(join(scratch, 'tree-'))
        const { status, stdout, stderr } = spawnSync(
          'sh',
          ['-c', `. ${quoted(join(folder, 'lib.sh'))}; . ${quoted(join(folder, script))}`],
          {
            cwd,
            encoding: 'utf8',
            timeout: 60_000,
            env: environment(redo.path),
          },
        )
        expect(status, `${stdout}${stderr}`).toBe(0)
      })
    }
  })
}

function shells(): readonly string[] {
  return ['dash', 'busybox', 'mksh', 'bash'].filter(isOnPath)
}

/** Our commands with another shell for them and for the .do files. */
function ours(shell: string): Redo {
  const copy = join(scratch, shell)
  const commands = join(copy, 'bin/redo')
  const sh = join(copy, 'sh')
  mkdirSync(sh, { recursive: true })
  const linked = readdirSync(root).filter(name => name !== 'bin' && !name.startsWith('.'))
  for (const name of linked)
    if (name !== 'dist' || ownDist === undefined) symlinkSync(join(root, name), join(copy, name))
  if (ownDist !== undefined) symlinkSync(ownDist, join(copy, 'dist'))
  cpSync(join(root, 'bin/redo'), commands, { recursive: true })
  symlinkSync(execFileSync('sh', ['-c', `command -v ${shell}`], { encoding: 'utf8' }).trim(), join(sh, 'sh'))
  for (const name of readdirSync(commands)) {
    const file = join(commands, name)
    writeFileSync(file, readFileSync(file, 'utf8').replace('#!/bin/sh\n', `#!${join(sh, 'sh')}\n`))
    chmodSync(file, 0o755)
  }
  return {
    name: `coolports with ${shell}${hasOwnShells ? ', one for each script' : ''}`,
    path: [commands, sh],
  }
}

/** A `dist` with a redo for which no script may run in a shell that stays. */
async function bundleWithOwnShells(): Promise<string> {
  const dist = join(scratch, 'dist')
  const text = 'export const wantsOwnShell = () => ({ isWanted: true, exports: true, isEarly: false })'
  await build({
    entryPoints: { redo: join(root, 'redo/main.ts') },
    outdir: dist,
    bundle: true,
    platform: 'node',
    target: 'node20',
    format: 'esm',
    splitting: true,
    plugins: [
      {
        name: 'own shells',
        setup: ({ onLoad }) =>
          onLoad({ filter: /\/redo\/own-shell\.ts$/ }, () => ({ contents: text, loader: 'ts' })),
      },
    ],
  })
  return dist
}

/** REDO_OTHERS names folders with the commands of other implementations: NAME=FOLDER, by spaces. */
function others(): readonly Redo[] {
  return (process.env.REDO_OTHERS ?? '').split(' ').flatMap(entry => {
    const [name = '', path = ''] = entry.split('=')
    return path !== '' && existsSync(join(path, 'redo')) ? [{ name, path: [path] }] : []
  })
}

function implementation(redo: Redo): string {
  return redo.name.split(' ')[0] ?? ''
}

function environment(path: readonly string[]): NodeJS.ProcessEnv {
  const inherited = Object.entries(process.env).filter(([name]) => !/^(REDO|MAKE|MFLAGS)/.test(name))
  return { ...Object.fromEntries(inherited), PATH: [...path, process.env.PATH].join(':') }
}

function tag(text: string, name: string): readonly string[] | undefined {
  return new RegExp(`^# ${name}: (.*)$`, 'm').exec(text)?.[1]?.split(' ')
}

function sentence(text: string): string {
  return /^# (?!only:|needs:)(.*)$/m.exec(text)?.[1] ?? ''
}

function isOnPath(program: string): boolean {
  return spawnSync('sh', ['-c', `command -v ${program}`]).status === 0
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`
}
