import {
  chmodSync,
  lstatSync,
  lutimesSync,
  mkdirSync,
  readlinkSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import { sha256 } from '../../core/digest.ts'
import { makeFolders } from '../../core/folders.ts'
import { partOf } from '../../core/part.ts'
import { removeTree } from '../../core/remove.ts'
import { moveFolder } from '../store/move.ts'
import { isStanding } from '../store/standing.ts'
import { PACKAGE_TIME } from '../tar/entry.ts'
import type { SandboxSpec } from './spec.ts'

/** What stands before and behind the packages' trees when the root is put together. */
interface Skeleton {
  /** Wins over every package: the user database, and a place for each thing that is mounted. */
  readonly front: string
  /** Yields to every package: /usr/bin/env, which so many scripts are started by. */
  readonly back: string
}

type Bone =
  | { readonly kind: 'folder'; readonly path: string }
  | { readonly kind: 'file'; readonly path: string; readonly text: string }
  | { readonly kind: 'symlink'; readonly path: string; readonly target: string }

/** The skeleton of a sandbox, from the store, where each one is made once and named by what it holds. */
export async function storedSkeleton(store: string, spec: SandboxSpec): Promise<Skeleton> {
  return { front: await storedBones(store, frontBones(spec)), back: await storedBones(store, BACK) }
}

const BACK: readonly Bone[] = [
  { kind: 'folder', path: 'usr' },
  { kind: 'folder', path: 'usr/bin' },
  { kind: 'symlink', path: 'usr/bin/env', target: '/bin/env' },
]

const MOUNTED_FOLDERS = ['dev', 'destdir', 'proc', 'sources', 'tmp']

/** Top-level entries of the front that are never seen: something is mounted over each of them. */
export const MOUNT_POINTS: readonly string[] = [...MOUNTED_FOLDERS, 'files', 'build.sh']

const frontBones = (spec: SandboxSpec): readonly Bone[] => [
  ...folders(...MOUNTED_FOLDERS, 'etc', 'home', 'home/build'),
  ...(spec.files ? folders('files') : []),
  { kind: 'file', path: 'build.sh', text: '' },
  { kind: 'file', path: 'etc/group', text: 'build:x:1000:\n' },
  { kind: 'file', path: 'etc/passwd', text: 'build:x:1000:1000:build:/home/build:/bin/sh\n' },
  ...(spec.shell ? [...folders('.shell'), { kind: 'file', path: '.shell/sh', text: '' } as const] : []),
  ...spec.host.flatMap(hostBones),
]

const folders = (...paths: readonly string[]): readonly Bone[] =>
  paths.map(path => ({ kind: 'folder', path }))

/** A host path's place: its own kind, so that it can be mounted there; a symlink is simply repeated. */
function hostBones(path: string): readonly Bone[] {
  const host = lstatSync(path, { throwIfNoEntry: false })
  if (!host) return []
  const place = path.replace(/^\/+/, '')
  if (host.isSymbolicLink()) return [{ kind: 'symlink', path: place, target: readlinkSync(path) }]
  return host.isDirectory() ? folders(place) : [{ kind: 'file', path: place, text: '' }]
}

async function storedBones(store: string, bones: readonly Bone[]): Promise<string> {
  const folder = join(store, 'skeletons', sha256(JSON.stringify(bones)))
  if (await isStanding(store, 'skeletons', folder)) return folder
  const part = partOf(folder)
  try {
    assemble(part, bones)
    moveFolder(part, folder)
  } finally {
    removeTree(part)
  }
  return folder
}

function assemble(root: string, bones: readonly Bone[]): void {
  makeFolders(root)
  for (const bone of bones) {
    const full = join(root, bone.path)
    mkdirSync(dirname(full), { recursive: true })
    if (bone.kind === 'folder') mkdirSync(full, { recursive: true })
    else if (bone.kind === 'file') writeFileSync(full, bone.text)
    else symlinkSync(bone.target, full)
  }
  // The caller's umask must not show, nor the moment.
  for (const path of ['', ...bones.map(bone => bone.path)]) {
    const full = join(root, path)
    const stats = lstatSync(full)
    if (!stats.isSymbolicLink()) chmodSync(full, stats.isDirectory() ? 0o755 : 0o644)
    lutimesSync(full, PACKAGE_TIME, PACKAGE_TIME)
  }
}
