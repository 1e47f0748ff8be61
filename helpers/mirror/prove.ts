import { spawn, spawnSync } from 'node:child_process'
import { cpSync, mkdirSync, realpathSync, writeFileSync } from 'node:fs'
import { delimiter, dirname, join } from 'node:path'
import { keyIn } from '../../core/key-file.ts'
import type { Message } from '../../core/message.ts'
import { findProgram, missingMessage, missingProgram } from '../../core/missing.ts'
import { removeTree } from '../../core/remove.ts'
import { ok, type Result, refuse } from '../../core/result.ts'
import { makeScratch } from '../../core/scratch.ts'
import { isSystemError } from '../../core/system-error.ts'
import { readIdentity } from '../tar/identity.ts'

/**
 * Builds and tests a package from a copy of the bundle's tree, in a network namespace without a network, with
 * the folders in `hidden` out of sight: the tree that the bundle was made of, and its store. Writes the record
 * `PROOF` into the bundle. What the build says goes to stderr.
 */
export async function proveBundle(
  bundle: string,
  name: string,
  hidden: readonly string[],
): Promise<Result<void, Message>> {
  for (const program of ['unshare', 'mount', 'bwrap', 'xz']) {
    const missing = missingProgram(program)
    if (missing) return refuse(missingMessage(missing))
  }
  const top = makeScratch('coolports-proof')
  try {
    const tree = join(top, 'tree')
    copyTree(join(bundle, 'tree'), tree)
    mkdirSync(join(top, 'home'))
    const status = await build(top, name, hidden)
    if (status !== 0) {
      return refuse({
        cannot: `build ${name} from the bundle`,
        why: `its build, without a network, ended with exit status ${status}`,
      })
    }
    writeFileSync(join(bundle, 'PROOF'), record(tree, name))
    return ok(undefined)
  } catch (error) {
    if (!isSystemError(error)) throw error
    return refuse({ cannot: `build ${name} from the bundle`, why: error.message })
  } finally {
    removeTree(top)
  }
}

/** By hard links where that goes: a build makes new files, and writes into none that is there. */
function copyTree(from: string, to: string): void {
  if (spawnSync('cp', ['-al', from, to], { stdio: 'ignore' }).status === 0) return
  removeTree(to)
  cpSync(from, to, { recursive: true, preserveTimestamps: true, verbatimSymlinks: true })
}

/** The first words are the folder that it runs in and the package; what is to be hidden follows. */
const SCRIPT = `set -eu
tree=$1 name=$2
shift 2
for hidden; do mount -t tmpfs -o mode=755 tmpfs "$hidden"; done
if [ -n "$(tail -n +3 /proc/net/dev | grep -v '^ *lo:')" ]; then
  echo "there is a network in the namespace" >&2
  exit 2
fi
cd "$tree"
exec bin/build-packages-ifchange -j2 "$name"`

function build(top: string, name: string, hidden: readonly string[]): Promise<number> {
  const user = process.getuid?.() === 0 ? [] : ['--user', '--map-root-user']
  const words = [...user, '--net', '--mount', 'sh', '-c', SCRIPT, 'sh', join(top, 'tree'), name, ...hidden]
  const path = [dirname(process.execPath), '/usr/local/bin', '/usr/bin', '/bin', '/usr/sbin', '/sbin']
  return new Promise(resolve => {
    const child = spawn(findProgram('unshare') ?? 'unshare', words, {
      stdio: ['ignore', 2, 2],
      cwd: top,
      env: { PATH: path.join(delimiter), HOME: join(top, 'home'), TMPDIR: top, LC_ALL: 'C' },
    })
    child.once('error', () => resolve(2))
    child.once('exit', status => resolve(status ?? 2))
  })
}

/** In recutils form. The machine's clock and name have no place in it. */
function record(tree: string, name: string): string {
  const folder = join(tree, 'pkg', name)
  const file = realpathSync(join(folder, '.pkg.tar.gz'))
  return [
    '# This package was built, and tested, from this bundle in a network namespace without a network.',
    '%rec: proof',
    '',
    `package: ${name}`,
    `pkghash: ${keyIn(folder)?.hash ?? ''}`,
    `tar_sha256: ${readIdentity(file) ?? ''}`,
    `node: ${process.version}`,
    `bwrap: ${version('bwrap')}`,
    `xz: ${version('xz')}`,
    '',
  ].join('\n')
}

const version = (program: string): string => {
  const { stdout } = spawnSync(program, ['--version'], { encoding: 'utf8' })
  return /\d+(\.\d+)+/.exec(stdout ?? '')?.[0] ?? 'unknown'
}
