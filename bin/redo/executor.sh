# shellcheck shell=sh
# Sourced by the shells that run .do files for the coordinator, one after the other, each in a subshell:
# a fork costs a third of a new shell. The coordinator writes calls of redo_job on their stdin.

# shellcheck source-path=SCRIPTDIR source=client.sh
. "$REDO_COMMANDS/client.sh"

redo_job() { # FOLDER DO-FILE $1 $2 $3 STDOUT LOG JOB SLOT -e|+e
  # shellcheck disable=SC1090,SC2030
  (
    exec </dev/null >"$6" 2>>"$7" 3>&-
    cd "$1" || exit
    redo_do=$2
    redo_errexit=${10}
    export REDO_TARGET="$3" REDO_LOG="$7" REDO_JOB="$8" REDO_SLOT="$9"
    set -- "$3" "$4" "$5"
    set "$redo_errexit"
    . "./$redo_do"
  )
  printf '%s\0' ended 0 "$8" / 1 "$?" >&3
}

# The commands as functions, which start no shell. A script that has a use of its own for the
# descriptors that they need, or that cleared its environment, gets the commands.
redo_here() { # COMMAND FUNCTION ARGUMENT...
  if [ -z "${REDO_RUN-}" ] || { true <&7 || true <&8 || true <&9; } 2>/dev/null; then
    redo_command=$1
    shift 2
    command "$redo_command" "$@"
  else
    shift
    "$@"
  fi
}

alias redo-ifchange='redo_here redo-ifchange redo_ask_for ifchange'
alias redo-ifcreate='redo_here redo-ifcreate redo_ask ifcreate'
alias redo-always='redo_here redo-always redo_ask always'
