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
redo broken.i continued.i
is 'one two one two ' "$(cat broken.i continued.i | tr '\n' ' ')"
