import { shellWord } from '../../core/shell.ts'
import { hasFolder, programFolders } from './facts.ts'
import type { Laid } from './lay.ts'

/** The text of bin/activate of the venv in the folder `place`, for a shell that only wants PATH. */
export function activateText(place: string, entries: readonly Laid[]): string {
  const programs = programFolders(entries).map(folder => `$VENV/root/${folder}:`)
  const manuals = ['share/man', 'usr/share/man']
    .filter(folder => hasParts(entries, folder))
    .map(folder => `$VENV/root/${folder}:`)
  return `# Sourced by a shell (POSIX, bash, zsh), it puts this venv's programs first on PATH and its manuals first
# on MANPATH, until \`venv_deactivate\`. Nothing is mounted: a program that looks for its own files in /share
# or /lib, or for an interpreter in /bin, finds the host's. For such ones there is bin/venv-run.
if command -v venv_deactivate >/dev/null 2>&1; then venv_deactivate; fi
VENV=${shellWord(place)}
# bash and zsh know where this file is, even if the venv was moved.
case \${BASH_VERSION:+bash}\${ZSH_VERSION:+zsh} in
bash) VENV=$(cd -- "\${BASH_SOURCE%/*}/.." && pwd && echo .) && VENV=\${VENV%??} ;;
zsh) VENV=$(cd -- "\${0%/*}/.." && pwd && echo .) && VENV=\${VENV%??} ;;
esac
if [ -d "$VENV/root/" ]; then
  VENV_PATH=\${PATH-}
  VENV_MANPATH=\${MANPATH-}
  PATH="${programs.join('')}\${PATH-}"
  # An empty part stands for the manuals of the system.
  ${manuals.length > 0 ? `MANPATH="${manuals.join('')}\${MANPATH-}"` : ':'}
  export VENV PATH${manuals.length > 0 ? ' MANPATH' : ''}
  hash -r 2>/dev/null || :
  venv_deactivate() {
    PATH=$VENV_PATH
    MANPATH=$VENV_MANPATH
    [ -n "$MANPATH" ] || unset MANPATH
    unset VENV VENV_PATH VENV_MANPATH
    hash -r 2>/dev/null || :
    unset -f venv_deactivate
  }
else
  echo "activate: cannot find the venv: $VENV is not there; if it was moved, run bin/venv again" >&2
  unset VENV
  false
fi
`
}

/** A folder may be a leaf, or below one. */
const hasParts = (entries: readonly Laid[], folder: string): boolean =>
  folder.split('/').some((_, index, parts) => {
    const above = parts.slice(0, index + 1).join('/')
    return entries.some(one => one.path === above && one.kind === 'leaf' && one.type === 'folder')
  }) || hasFolder(entries, folder)
