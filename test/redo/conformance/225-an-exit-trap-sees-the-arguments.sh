# only: coolports
# A trap for the end of a script sees its arguments, however it ends.
file default.end.do <<'S'
trap 'echo "$1 $2 ${3%%.redo*}" >&2' EXIT
echo text
. ./"$2.part"
S
echo : >plain.part
echo 'exit 0' >exit.part
echo 'exit 3' >failing.part
echo false >false.part
for end in plain exit; do
  redo "$end.end" 2>said
  is 1 "$(grep -c "^ *$end.end $end $end.end" said)"
done
for end in failing false; do
  : >said
  fails redo "$end.end"
  is 1 "$(grep -c "^ *$end.end $end $end.end" said)"
done
# The same where the shell stays: nothing is sourced there by a name that cannot be told.
file plain.trap.do <<'S'
trap 'echo "$1 $2 ${3%%.redo*}" >&2' EXIT
echo text
S
redo plain.trap 2>said
is 1 "$(grep -c "^ *plain.trap plain.trap plain.trap" said)"
