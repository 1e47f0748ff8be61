import { foldersOf } from '../../core/entry-path.ts'
import { shellWord } from '../../core/shell.ts'
import type { Merged } from '../sandbox/merge.ts'
import { hasFolder, programFolders } from './facts.ts'

/** The text of bin/activate of the venv in the folder `place`, for a shell that only wants PATH. */
export function activateText(place: string, entries: readonly Merged[]): string {
  const programs = programFolders(entries).map(folder => `$VENV/root/${folder}:`)
  const manuals = ['share/man', 'usr/share/man']
    .filter(folder => hasParts(entries, folder))
    .map(folder => `$VENV/root/${folder}:`)
  return `# Sourced by a shell (POSIX, bash, zsh), it puts this venv's programs first on PATH and its manuals first
# on MANPATH, until \`venv_deactivate\`. Nothing is mounted: a program that looks for its own files in /share
# or /lib, or for an interpreter in /bin, finds the host's. For such ones there is bin/venv-run.
if command -v venv_deactivate >/dev/null 2>&1; then venv_deactivate; fi
VENV=${shellWord(place)}
# bash and zsh know where this file is, even if the venv was moved. It is theirs alone: other shells cannot read it.
VENV_FILE=
case \${BASH_VERSION:+bash}\${ZSH_VERSION:+zsh} in
bash) VENV_FILE=$BASH_SOURCE ;;
zsh) eval 'VENV_FILE=\${(%):-%x}' ;;
esac
if [ -n "$VENV_FILE" ]; then
  # Nothing is looked for in CDPATH then.
  case $VENV_FILE in /*) ;; *) VENV_FILE=./$VENV_FILE ;; esac
  # A person may have a cd that does more, or says more.
  VENV=$(builtin cd -L -- "\${VENV_FILE%/*}/.." >/dev/null && builtin pwd -L && builtin echo .) && VENV=\${VENV%??}
  # A shell that goes by what symlinks lead to finds the state, which will not be the current one for ever.
  case $VENV in */.venv/*) [ -e "$VENV/.venv/current" ] || VENV=\${VENV%/.venv/*} ;; esac
fi
unset VENV_FILE
case $VENV in
'') VENV_FAULT='its folder cannot be entered' ;;
*:*) VENV_FAULT='there is a colon in its path, which PATH takes for the end of a folder' ;;
*) VENV_FAULT="$VENV is not there; if it was moved, run bin/venv again" ;;
esac
if case $VENV in '' | *:*) false ;; esac && [ -d "$VENV/root/" ]; then
  unset VENV_FAULT
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
  echo "activate: cannot use the venv: $VENV_FAULT" >&2
  unset VENV VENV_FAULT
  false
fi
`
}

/** A folder may be a leaf, or below one. */
const hasParts = (entries: readonly Merged[], folder: string): boolean =>
  hasFolder(entries, folder) ||
  foldersOf(folder).some(above =>
    entries.some(one => one.path === above && one.kind === 'leaf' && one.type === 'folder'),
  )
