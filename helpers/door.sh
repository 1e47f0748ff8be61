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

# prepare_program NAME: installs missing npm dependencies, and bundles the programs when a source file
# is newer than this one. Costs one `find` when there is nothing to do.
prepare_program() {
  if ! command -v node >/dev/null 2>&1; then
    echo "coolports: cannot run: node is not on PATH" >&2
    echo "  install Node.js 20.19 or newer (https://nodejs.org, or your distribution's package)" >&2
    exit 2
  fi
  if [ ! -e "$coolports/node_modules/.package-lock.json" ]; then
    echo "coolports: installing npm dependencies (npm ci)" >&2
    (cd "$coolports" && npm ci --no-audit --no-fund) >&2 </dev/null || exit 2
  fi
  if [ ! -e "$coolports/dist/$1.js" ] || [ -n "$(find "$coolports/build.mjs" "$coolports/core" \
    "$coolports/generator" "$coolports/helpers" "$coolports/redo" "$coolports/cli" "$coolports/bench" \
    -newer "$coolports/dist/$1.js" -type f \( -name '*.ts' -o -name '*.mjs' \) 2>/dev/null | head -n 1)" ]; then
    (cd "$coolports" && node build.mjs) >&2 </dev/null || exit 2
  fi
}
