# shellcheck shell=sh
# Sourced by each script here. A script runs in an empty folder of its own, with the commands of one
# implementation of redo on PATH, and fails when that one is wrong.
set -eu

# A .do or a source, from stdin.
file() { # NAME
  case $1 in */*) mkdir -p "${1%/*}" ;; esac
  cat >"$1"
}

is() { # WANT GOT
  [ "$1" = "$2" ] || wrong "want \"$1\", got \"$2\""
}

# How often a .do ran that says so with: echo >>NAME
ran() { # NAME TIMES
  is "$2" "$(cat "$1" 2>/dev/null | wc -l | tr -d ' ')"
}

fails() { # COMMAND...
  if "$@" >>said 2>&1; then wrong "succeeds: $*"; fi
}

wrong() {
  echo "wrong: $1" >&2
  exit 1
}

# The folder of the scripts must not be part of a tree of redo.
mkdir .redo 2>/dev/null || true
