import { spawnSync } from 'node:child_process'
import type { Message } from '../../core/message.ts'
import { quoted } from '../../core/message.ts'
import { byCodeUnit } from '../../core/order.ts'
import { ok, type Result, refuse } from '../../core/result.ts'

/** What git tracks of a tree, and which state of it that is. */
export interface Tracked {
  /** From the root of the tree, in order. */
  readonly paths: readonly string[]
  /** The commit that is checked out, and whether tracked files differ from it; undefined before the first commit. */
  readonly commit: string | undefined
  readonly changed: boolean
  /** When that was committed, in seconds since 1970. */
  readonly time: number | undefined
}

export function trackedFiles(root: string): Result<Tracked, Message> {
  const listed = git(root, 'ls-files', '-z')
  if (listed.status !== 0) {
    const why = listed.error ? 'git is not on PATH' : 'git does not know it'
    return refuse({ cannot: `list the files of ${quoted(root)}`, why })
  }
  const head = git(root, 'rev-parse', '--verify', '--quiet', 'HEAD')
  const commit = head.status === 0 ? head.stdout.trim() : undefined
  const time =
    commit === undefined ? undefined : Number(git(root, 'log', '-1', '--format=%ct', commit).stdout)
  const changed = git(root, 'status', '--porcelain', '--untracked-files=no').stdout !== ''
  const paths = listed.stdout.split('\0').filter(path => path !== '' && !isMade(path))
  return ok({ paths: paths.sort(byCodeUnit), commit, changed, time })
}

/** Files in some folders of a tree that git neither tracks nor is told to ignore: what was forgotten, in order. */
export function untrackedFiles(root: string, folders: readonly string[]): Result<readonly string[], Message> {
  const listed = git(root, 'ls-files', '-z', '--others', '--exclude-standard', '--', ...folders)
  if (listed.status !== 0)
    return refuse({
      cannot: `list the files of ${quoted(root)}`,
      why: 'git does not say which it does not track',
    })
  return ok(
    listed.stdout
      .split('\0')
      .filter(path => path !== '')
      .sort(byCodeUnit),
  )
}

/** What is taken from elsewhere, should a tree track it. */
const isMade = (path: string): boolean => /^(dist|node_modules|\.store|\.redo)(\/|$)/.test(path)

const git = (root: string, ...words: readonly string[]) =>
  // The tree is the person's own, whoever owns its files.
  spawnSync('git', ['-c', 'safe.directory=*', '-C', root, ...words], {
    encoding: 'utf8',
    maxBuffer: 256 * 1024 * 1024,
  })
