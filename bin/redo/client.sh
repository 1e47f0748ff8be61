# shellcheck shell=sh
# What the commands of this folder share: how to ask the coordinator of a run. It told of itself by
#   REDO_RUN   its folder
#   REDO_PID   its process
#   REDO_JOB   which .do this is; of a guest, see redo/guest.ts, -PID
#   REDO_SLOT  the first fifo to try for answers
#   REDO_LOG   where stderr goes, if nobody redirected it
#
# Starts no program unless it must: a .do calls this thousands of times. A part of it runs within .do
# files, see executor.sh, so that it leaves options, IFS and descriptors of its caller as they are.

# Asks and waits for the answer; the exit status is that of the question.
redo_ask() { # VERB ARGUMENT...
  redo_environment=
  redo_own=
  redo_question "$@" || return
  redo_bye
  return "$redo_status"
}

# Asks for targets. What is built for us goes to our stderr, if that is not the log of the script. What is
# built for a guest, by `redo`, or for a script that may export something, sees our environment.
redo_ask_for() { # VERB ARGUMENT...
  case $1,${REDO_EXPORTS-},$REDO_JOB in
  redo,* | *,own,* | *,-*) redo_environment='=' ;;
  *) redo_environment= ;;
  esac
  redo_own=
  # shellcheck disable=SC3013 # every shell that we know of has -ef
  [ /dev/fd/2 -ef "$REDO_LOG" ] || redo_own=+
  redo_question "$@" || return
  [ ! -s "$REDO_RUN/$redo_slot.out" ] || cat "$REDO_RUN/$redo_slot.out" >&2
  redo_bye
  return "$redo_status"
}

# Asks for something to print on stdout.
redo_ask_and_print() { # VERB ARGUMENT...
  redo_environment=
  redo_own=
  redo_question "$@" || return
  cat "$REDO_RUN/$redo_slot.reply"
  redo_bye
  return "$redo_status"
}

# Has the work of a door of bin/ done by a worker of the coordinator, and exits with its status. Returns
# when the door has to do it itself. The worker finds what it needs to know in /proc, and stdin as
# descriptor 6: while a shell reads the answer, 0 is another.
redo_help() { # DOOR ARGUMENT...
  redo_environment=
  redo_own=
  trap '' PIPE
  exec 6<&0
  redo_question help "$$" "$@" || return 0
  exec 6<&-
  redo_bye
  trap - PIPE
  [ "$redo_status" -gt 255 ] || exit "$redo_status"
}

# Sets redo_status; is true when there is an answer.
# shellcheck disable=SC2094
redo_question() { # VERB ARGUMENT...
  redo_verb=$1
  shift
  redo_take_slot
  # Opened for both at first, so that no open blocks; closed then, so that we see it when the
  # coordinator, the only other one who has it open, is gone. By `command`, an exec that fails ends no shell.
  {
    command exec 8<>"$REDO_RUN/$redo_slot" 9<"$REDO_RUN/$redo_slot" 8>&- 7<>"$REDO_RUN/ask" 8>"$REDO_RUN/ask" 7>&-
  } 2>/dev/null || redo_gone
  redo_say "$@" || redo_gone
  redo_hear || redo_gone
}

# Sets redo_status; is false at the end of the file. The answer `: STATUS # TEXT` is a command that does
# nothing, for one that nobody waited for reaches a shell that stays as such.
redo_hear() {
  redo_tries=0
  # shellcheck disable=SC2034 # the colon and the hash are there for the shell alone
  until IFS=' ' read -r redo_colon redo_status redo_hash redo_text <&9; do
    # In some shells a signal that the script traps ends the read, with the status of the end of the file. That
    # one comes again and again; but a script may be sent as many signals while it waits.
    redo_tries=$((redo_tries + 1))
    [ "$redo_tries" -ge 1000 ] || continue
    redo_is_run || return
    redo_tries=0
    sleep 1
  done
  [ -z "$redo_text" ] || printf 'redo: %s\n' "$redo_text" >&2
}

# A slot belongs to the one who could make the file beside it.
redo_take_slot() {
  # shellcheck disable=SC2153
  redo_slot=$REDO_SLOT
  redo_clobber=
  case $- in *C*) ;; *)
    redo_clobber=+C
    set -C
    ;;
  esac
  until [ -p "$REDO_RUN/$redo_slot" ] && { true >"$REDO_RUN/$redo_slot.busy"; } 2>/dev/null; do
    if [ -p "$REDO_RUN/$redo_slot" ]; then
      redo_slot=$((redo_slot + 1))
    elif redo_is_run; then
      redo_slot=0
      sleep 1
    else
      redo_gone
    fi
  done
  [ -z "$redo_clobber" ] || set +C
}

# Whether the coordinator runs; one that was killed may stay in the list of processes, as a zombie.
redo_is_run() {
  kill -0 "$REDO_PID" 2>/dev/null && [ -p "$REDO_RUN/ask" ] || return
  [ ! -r "/proc/$REDO_PID/stat" ] || IFS= read -r redo_state <"/proc/$REDO_PID/stat" || return
  case ${redo_state-} in *') '[ZX]' '*) return 1 ;; esac
}

# A write of up to 4096 bytes to a fifo is not mixed with those of others, if it is one write: a
# shell may cut at newlines. What is longer, or holds a newline, goes into a file. What the shell says when the
# coordinator goes meanwhile is for nobody: a guest that it leaves says nothing, and takes its place.
redo_say() { # ARGUMENT...
  [ -z "$redo_environment" ] || { env -0 >"$REDO_RUN/$redo_slot.env"; } 2>/dev/null || redo_unwritten env
  redo_all="$PWD $*"
  case $redo_all in
  *"$redo_newline"*) ;;
  *)
    if [ ${#redo_all} -lt 900 ]; then
      redo_put "$redo_verb$redo_environment$redo_own" "$redo_slot" "$REDO_JOB" "$PWD" "$#" "$@"
      return
    fi
    ;;
  esac
  { printf '%s\0' "$PWD" "$@" >"$REDO_RUN/$redo_slot.args"; } 2>/dev/null || redo_unwritten args
  redo_put "@$redo_verb$redo_environment$redo_own" "$redo_slot" "$REDO_JOB" / 0
}

redo_put() { # FIELD...
  case $redo_verb in
  # The worker that gets the errand takes our stderr, at once.
  help*) printf '%s\0' "$@" >&8 ;;
  *) printf '%s\0' "$@" 2>/dev/null >&8 ;;
  esac
}

# A question that lacks its end, as on a full disk, would be another one. Its room is for those who go on.
redo_unwritten() { # args|env
  { true >"$REDO_RUN/$redo_slot.$1"; } 2>/dev/null || :
  [ -d "$REDO_RUN" ] || redo_gone
  # The slot of a shell that stays is for its next script.
  [ "$redo_slot" = "${redo_line-}" ] || redo_bye
  printf 'redo: cannot ask for anything: it cannot be written below %s\n' "$REDO_RUN" >&2
  exit 2
}

# The slot is free again.
redo_bye() {
  printf '%s\0' bye "$redo_slot" 0 / 0 2>/dev/null >&8
  exec 8>&- 9<&-
}

# A guest takes the status 75 as "try again".
redo_gone() {
  case $REDO_JOB in -*) exit 75 ;; esac
  printf 'redo: cannot reach the coordinator of this run: it is gone\n' >&2
  exit 2
}

redo_newline='
'
