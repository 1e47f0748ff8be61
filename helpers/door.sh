# shellcheck shell=sh disable=SC2154
# Sourced by the doors in bin/: makes the TypeScript programs runnable, then runs one of them.
# A door sets `coolports` to the root of the tree first.

# run_program NAME ARG...: replaces this shell by the program dist/NAME.js.
run_program() {
  prepare_program "$1"
  program=$1
  shift
  exec node "$coolports/dist/$program.js" "$@"
}

# prepare_program NAME: installs npm dependencies that are missing or others, and bundles the programs when a source file
# is newer than this one. Costs a millisecond and no process when there is nothing to do.
prepare_program() {
  case $coolports in
  *:* | *\\*)
    # Scripts find the commands of redo by PATH; node loads no module from a folder with a backslash.
    printf 'coolports: cannot run: there is a colon or a backslash in the path of the tree, "%s"\n' "$coolports" >&2
    exit 2
    ;;
  esac
  absolute COOLPORTS_STORE "${COOLPORTS_STORE:-/}"
  absolute COOLPORTS_TRUST "${COOLPORTS_TRUST:-/}"
  command -v node >/dev/null 2>&1 || refuse_node "node is not on PATH"
  if modules_outdated; then
    (need_node && install_modules) 9<"$coolports/package.json" >&2 </dev/null || exit 2
  fi
  if sources_changed "$1"; then
    (need_node && cd "$coolports" && node build.mjs) >&2 </dev/null || exit 2
  fi
}

# Which pipes were inherited can be told by a shell alone: node opens some of its own, and a stale
# jobserver in MAKEFLAGS may name one of those.
tell_pipes() {
  COOLPORTS_PIPES=
  for fd in /dev/fd/*; do
    [ ! -p "$fd" ] || COOLPORTS_PIPES="$COOLPORTS_PIPES ${fd##*/}"
  done
  export COOLPORTS_PIPES
}

# An older node stops at the first thing that it does not know, with a stack. It is asked where something is made for
# it: that costs a start of it.
need_node() {
  version=$(node --version)
  case $version in
  v20.19.* | v20.[2-9]?.* | v2[2-9].* | v[3-9]?.* | v[1-9]??.*) ;;
  *) refuse_node "node $version is too old" ;;
  esac
}

# refuse_node WHY
refuse_node() {
  echo "coolports: cannot run: $1" >&2
  echo "  install Node.js 20.19 or newer (https://nodejs.org, or your distribution's package where that is as new)" >&2
  exit 2
}

# absolute NAME VALUE: rules run in the folders of their packages, where a relative path would be another one each time.
absolute() {
  case $2 in
  /*) ;;
  *)
    printf 'coolports: cannot use $%s: "%s" is not an absolute path\n' "$1" "$2" >&2
    exit 2
    ;;
  esac
}

# npm dependencies are missing, or a git pull brought others.
modules_outdated() {
  installed=$coolports/node_modules/.package-lock.json
  # shellcheck disable=SC3013 # see below
  [ ! -e "$installed" ] || [ "$coolports/package-lock.json" -nt "$installed" ]
}

# One at a time, where there is flock: npm begins by removing what another has installed so far.
install_modules() {
  if command -v flock >/dev/null; then flock 9; fi
  modules_outdated || return 0
  echo "coolports: installing npm dependencies (npm ci)"
  cd "$coolports" && npm ci --no-audit --no-fund
}

# sources_changed NAME: succeeds unless the program is newer than every source file. A file of the program's
# own time counts as changed: to busybox an edit and a bundle in one second are of one time.
# shellcheck disable=SC3013 # -nt is POSIX since 2024, and all shells had it before.
sources_changed() {
  [ -e "$coolports/dist/$1.js" ] || return 0
  for part in build.mjs core generator helpers redo cli bench; do
    for source in "$coolports/$part" "$coolports/$part"/*.ts "$coolports/$part"/*/*.ts; do
      if [ -f "$source" ] && ! [ "$coolports/dist/$1.js" -nt "$source" ]; then return 0; fi
    done
  done
  return 1
}
