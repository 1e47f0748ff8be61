# shellcheck shell=sh
# Sourced by the shells that run .do files for the coordinator, one after the other, each in a subshell:
# a fork costs a third of a new shell. The subshell is there before its script is known, so that no script
# waits for the fork. It reads on stdin what to run, redo_job with arguments. That is a fifo, whose number is
# redo_line; on descriptor 9, which is the same, the script's shell reads answers; on descriptor 8 it asks.

# shellcheck source-path=SCRIPTDIR source=client.sh
. "$REDO_COMMANDS/client.sh"

# A signal to the group of a script is for the script: its subshell has the default for it again, or a trap of
# its own. This shell stays, and tells when the script has ended. What the run ignores stays ignored in all.
trap : HUP INT TERM
# shellcheck disable=SC2086,SC2154
[ -z "$redo_ignored" ] || trap '' $redo_ignored

# A file of which each process has its own. Without a /proc no process can be told from its subshells.
redo_self=/proc/self/stat
[ -e "$redo_self" ] || redo_self=/dev/null

# What leads to a script are texts, not functions: at the end of a script the shell has left those, and what an EXIT trap
# of the script then saw as $1 would be theirs.
# shellcheck disable=SC2016
redo_next='
IFS= read -r redo_call || exit 129 # at the end of the file no shell is wanted any more
eval "$redo_call"
eval "$redo_next" # it was an answer, which came after the script that had asked for it
'

# With FOLDER DO-FILE $1 $2 $3 STDOUT LOG JOB SLOT -e|+e as arguments. What ends the run may have reached this shell
# before the fork, and is told by the file JOB.stopped.
# shellcheck disable=SC2016,SC2034
redo_job='
[ ! -e "$REDO_RUN/$8.stopped" ] || exit 143
exec </dev/null >"$6" 2>>"$7" 7<"$redo_self"
cd "$1" || exit
redo_do=$2
redo_made=$5
redo_errexit=${10}
export REDO_TARGET="$3" REDO_LOG="$7" REDO_JOB="$8" REDO_SLOT="$9"
set -- "$3" "$4" "$5"
set "$redo_errexit"
. "./$redo_do"; exit
'

# The commands as functions, which start no shell and open nothing. They are for the very process that
# runs the script, as two questions at a time would take each other's answers, and while the descriptors
# are as they were. What is a part of a script (a subshell, a background job, a pipe), has other uses for
# the descriptors, redirected its stderr, cleared its environment, or gave PWD a meaning of its own, gets the commands.
redo_here() { # VERB ARGUMENT...
  if redo_is_here; then
    redo_ask_here "$@"
  else
    redo_command=redo-$1
    shift
    command "$redo_command" "$@"
  fi
}

# shellcheck disable=SC2031,SC2154,SC3013 # every shell that we know of has -ef
redo_is_here() {
  [ /proc/self/stat -ef /dev/fd/7 ] && [ /dev/fd/8 -ef "${REDO_RUN-}/ask" ] &&
    [ /dev/fd/9 -ef "${REDO_RUN-}/$redo_line" ] && [ /dev/fd/2 -ef "${REDO_LOG-}" ] &&
    [ . -ef "/${PWD-}" ]
}

# shellcheck disable=SC2031,SC2154
redo_ask_here() { # VERB ARGUMENT...
  redo_verb=$1
  shift
  redo_own=
  redo_environment=
  redo_slot=$redo_line
  redo_say "$@" || redo_gone
  redo_hear || redo_gone
  return "$redo_status"
}

# What most scripts stamp is their $3, from its first byte: that is read where it is.
# shellcheck disable=SC2031,SC2154,SC3013
redo_stamp_here() {
  if [ "$#" -eq 0 ] && [ -f "$redo_made" ] && [ /dev/fd/0 -ef "$redo_made" ] && redo_is_here && redo_at_begin; then
    redo_ask_here stamp-of "$redo_made"
  else
    command redo-stamp "$@"
  fi
}

# Whether nothing of stdin, a file, was read: the first line of that file of the kernel is `pos: N`.
redo_at_begin() {
  { IFS= read -r redo_pos; } 6<&0 </proc/self/fdinfo/6 || return
  case $redo_pos in *[1-9]*) return 1 ;; esac
}

# Doors of bin/ that workers serve, as functions. A worker finds out from /proc what a process was started with, and not
# what it has exported since: that is in a file for it, up to a last line `end`. For what a worker declines, and for all
# that is not as usual, the door is run.
redo_door() { # DOOR ARGUMENT...
  # shellcheck disable=SC2034,SC3013 # every shell that we know of has -ef
  if redo_is_here && [ "${1%/*}" -ef "$REDO_RUN/doors" ] && ! redo_is_kept "$@" &&
    { export -p && echo end; } 2>/dev/null >|"$REDO_RUN/$redo_line.exports" &&
    IFS=' ' read -r redo_pid redo_rest </proc/self/stat; then
    redo_ask_here help-here "$redo_pid" "$@" 6<&0 || :
    [ "$redo_status" -gt 255 ] || return "$redo_status"
  fi
  "$@"
}

# What is in the store do-reuse has from there, without a worker.
redo_is_kept() { # DOOR KEY-FILE...
  case $1 in */do-reuse) ;; *) return 1 ;; esac
  { IFS= read -r redo_hash <"${2-}"; } 2>/dev/null || return 0
  [ -e "${COOLPORTS_STORE:-${1%/*}/../.store}/packages/$redo_hash.tar.gz" ]
}

# The door that names a key: so little that the coordinator does it itself, and what is not as usual is for the door.
redo_key() { # DOOR FILE 'SHA256  INPUT'...
  # shellcheck disable=SC3013 # every shell that we know of has -ef
  if redo_is_here && [ "${1%/*}" -ef "$REDO_RUN/doors" ]; then
    redo_ask_here key "$@" || :
    [ "$redo_status" -gt 255 ] || return "$redo_status"
  fi
  "$@"
}

alias redo-ifchange='redo_here ifchange'
alias redo-ifcreate='redo_here ifcreate'
alias redo-always='redo_here always'
alias redo-stamp='redo_stamp_here'
# As the rules of packages call them. Some shells have no such aliases, and run the door. So do all where files have a
# limit: who writes one that is too long is ended.
if [ "$(ulimit -f)" = unlimited ]; then
  alias ../../bin/do-build='redo_door ../../bin/do-build' ../../bin/do-reuse='redo_door ../../bin/do-reuse' || :
  alias ../../bin/do-key='redo_key ../../bin/do-key' || :
fi 2>/dev/null

# A shell says of each script that a signal ended that it was "Terminated": people know, or are told by the run.
exec 2>/dev/null

# Of a subshell that a signal has ended nobody knows whether it had taken its script. Then another one might: this
# shell ends as well, with the status of saying so. No function is around the script: an EXIT trap in busybox's ash would see
# its arguments. A script that may leave our loop has a shell of its own, see redo/own-shell.ts.
redo_ended=0
while [ "$redo_ended" -le 128 ]; do
  (eval "$redo_next")
  redo_ended=$?
  # shellcheck disable=SC2154
  printf '%s\0' ended "$redo_line" 0 / 1 "$redo_ended" >&8
done
