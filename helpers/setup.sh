# shellcheck shell=sh disable=SC2154
# Sourced by the doors that bring packages of this tree up to date, after door.sh.
# shellcheck source-path=SCRIPTDIR source=system.sh
. "$coolports/helpers/system.sh"

# need_system: the programs of the system that builds run by.
need_system() {
  need_program bwrap
  need_program xz
}

# emit_rules: makes rules of the manifests; writes only what changed.
emit_rules() {
  prepare_program gen
  node "$coolports/dist/gen.js" --root "$coolports" </dev/null
}
