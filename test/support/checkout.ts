import { spawnSync } from 'node:child_process'
import { cpSync, existsSync, linkSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'

const repository = resolve(import.meta.dirname, '../..')

/** The npm packages that the bundled programs load at run time. */
const RUNTIME = ['esbuild', '@esbuild', 'oxc-parser', '@oxc-parser', '@oxc-project', '.package-lock.json']

/**
 * Another checkout of this tree, with its programs, at a path of one's own choice below a new
 * folder. It has its own store, in which only the downloads of this tree's store are there already.
 */
export function checkout(name: string): { readonly root: string; remove(): void } {
  const top = mkdtempSync(join(tmpdir(), 'coolports-'))
  const root = join(top, name)
  mkdirSync(root, { recursive: true })
  const copy = spawnSync(
    'sh',
    [
      '-c',
      'git ls-files -z --cached --others --exclude-standard | tar --null --ignore-failed-read -T - -cf - | tar -C "$0" -xf -',
      root,
    ],
    { cwd: repository, encoding: 'utf8' },
  )
  if (copy.status !== 0) throw new Error(copy.stderr)
  cpSync(join(repository, 'dist'), join(root, 'dist'), { recursive: true, preserveTimestamps: true })
  for (const part of RUNTIME) {
    if (!existsSync(join(repository, 'node_modules', part))) continue
    cpSync(join(repository, 'node_modules', part), join(root, 'node_modules', part), { recursive: true })
  }
  const distfiles = join(process.env.COOLPORTS_STORE ?? join(repository, '.store'), 'distfiles')
  mkdirSync(join(root, '.store/distfiles'), { recursive: true })
  for (const file of existsSync(distfiles) ? readdirSync(distfiles) : []) {
    if (/^[0-9a-f]{64}$/.test(file)) place(join(distfiles, file), join(root, '.store/distfiles', file))
  }
  return { root, remove: () => rmSync(top, { recursive: true, force: true }) }
}

function place(from: string, to: string): void {
  try {
    linkSync(from, to)
  } catch {
    cpSync(from, to)
  }
}
