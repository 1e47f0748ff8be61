# How a script ends, and what stands in it outside of a loop, is nothing to those after it.
echo 'kill -TERM 0' >killed.i.do
echo 'exit 139' >ended.i.do
echo 'redo-ifchange good.i; kill -KILL 0' >asked.i.do
echo 'echo one; break; echo two' >broken.i.do
echo 'echo one; continue; echo two' >continued.i.do
echo 'echo $2 >>begun; echo $2' >default.i.do
for turn in 1 2 3 4 5; do
  fails redo -k killed.i ended.i asked.i
  [ ! -e killed.i ] && [ ! -e ended.i ] && [ ! -e asked.i ] || wrong 'there is what was not made'
  redo "n$turn.i" "m$turn.i"
  is "m$turn n$turn" "$(cat "m$turn.i" "n$turn.i" | tr '\n' ' ' | sed 's/ $//')"
done
echo 'for f in 1 2; do for g in x y; do [ $g = y ] && break 3; echo $f$g; done; done; echo three' >deep.i.do
redo broken.i continued.i deep.i
is 'one two one two 1x three ' "$(cat broken.i continued.i deep.i | tr '\n' ' ')"

# At many jobs at a time, too.
echo 'echo half >$3; exit 139' >default.h.do
echo 'echo whole >$3' >default.w.do
for at in 1 2 3 4 5 6 7 8 9 10; do
  halves= wholes=
  for one in 1 2 3 4 5 6 7 8 9 10; do
    halves="$halves $one-$at.h ${one}0-$at.h"
    wholes="$wholes $one-$at.w"
  done
  # shellcheck disable=SC2086
  fails redo -k -j8 $halves $wholes
  for half in $halves; do [ ! -e "$half" ] || wrong "$half is there"; done
  for whole in $wholes; do is whole "$(cat "$whole")"; done
done
