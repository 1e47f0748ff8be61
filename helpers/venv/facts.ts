import { readlinkSync } from 'node:fs'
import { shellWord } from '../../core/shell.ts'
import type { Merged } from '../sandbox/merge.ts'
import type { Layer } from './layer.ts'

/** Top-level folders that are always the host's: without them there is no home, no device and no process. */
export const HOST_OWN: readonly string[] = ['dev', 'home', 'proc', 'root', 'run', 'sys', 'tmp']

interface Facts {
  /** The folder of the venv's state, when it was made. */
  readonly place: string
  readonly layers: readonly Layer[]
  readonly entries: readonly Merged[]
  /** The state of the venv that this one stands upon. */
  readonly below?: string
  readonly given: readonly string[]
}

/** What venv-run.sh reads of its venv: a POSIX shell's variables and functions. */
export function factsText({ place, layers, entries, below, given }: Facts): string {
  const tops = entries.filter(({ path }) => !path.includes('/') && !HOST_OWN.includes(path))
  const isLink = (one: Merged): one is Merged & { kind: 'leaf' } =>
    one.kind === 'leaf' && one.type === 'symlink'
  const words = (some: readonly Merged[]): readonly string[] => some.map(one => shellWord(one.path))
  const links = tops
    .filter(isLink)
    .map(({ from, path }) => `  "$@" ${shellWord(readlinkSync(from))} ${shellWord(`/${path}`)}`)
  return `# Of this venv, for bin/venv-run. Made by bin/venv.
place=${shellWord(place)}
layers=${layers.length}
below=${shellWord(below ?? '')}
given=${shellWord(given.map(shellWord).join(' '))}
programs=${programFolders(entries)
    .map(folder => `/${folder}`)
    .join(':')}
is_top() { case $1 in ${words(tops).join(' | ') || "''"}) ;; *) return 1 ;; esac; }
each_top() { for top in ${words(tops.filter(one => !isLink(one))).join(' ')}; do "$@" "$top"; done; }
each_top_link() {
${links.join('\n') || '  :'}
}
`
}

/** The folders of programs that the venv has, in the order in which they are searched. */
export const programFolders = (entries: readonly Merged[]): readonly string[] =>
  ['bin', 'sbin', 'usr/bin', 'usr/sbin'].filter(folder => hasFolder(entries, folder))

export const hasFolder = (entries: readonly Merged[], folder: string): boolean =>
  entries.some(one => one.path === folder && (one.kind === 'folder' || one.type === 'folder'))
