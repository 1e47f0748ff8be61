# shellcheck shell=sh disable=SC2154
# Sourced by the doors that bring packages of this tree up to date, after door.sh.
# shellcheck source-path=SCRIPTDIR source=system.sh
. "$coolports/helpers/system.sh"

# need_system: the programs of the system that builds run by.
need_system() {
  need_program bwrap
  need_program xz
}

# emit_rules: makes rules of the manifests; writes only what changed. A manifest that is refused is told of, and stops
# those alone who ask for its package, whose rules are stale or none.
emit_rules() {
  prepare_program gen
  emit_status=0
  node "$coolports/dist/gen.js" --root "$coolports" </dev/null || emit_status=$?
  [ "$emit_status" -ne 1 ] || emit_status=0
  return "$emit_status"
}
