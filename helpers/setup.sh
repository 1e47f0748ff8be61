# shellcheck shell=sh disable=SC2154
# Sourced by the doors that bring packages of this tree up to date, after door.sh.
# shellcheck source-path=SCRIPTDIR source=system.sh
. "$coolports/helpers/system.sh"

# need_system: the programs of the system that builds run by.
need_system() {
  need_program bwrap
  need_program xz
}

# emit_rules [PACKAGE...]: makes rules of the manifests; writes only what changed. The status is not 0 where one of these
# packages is refused, or for other trouble.
emit_rules() {
  prepare_program gen
  node "$coolports/dist/gen.js" --root "$coolports" -- "$@" </dev/null
}
