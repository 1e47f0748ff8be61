# only: coolports
# Where the state on disk is older than what was built, be it cut or put back, that is built again; it is nobody's edit.
echo 1 >source
echo 'redo-ifchange source; cat source >$3' >low.do
echo 'redo-ifchange low; cat low >$3' >high.do
redo-ifchange high 2>/dev/null
cp .redo/state state.old
echo 22 >source
redo-ifchange high 2>/dev/null
cp .redo/state state.new
size=$(wc -c <state.new)
for keep in 3 40 150 400; do
  [ "$keep" -lt "$size" ] || continue
  head -c "$((size - keep))" state.new >.redo/state
  echo "$keep" >source
  redo-ifchange high 2>said
  is "$keep" "$(cat high)"
  is 0 "$(grep -c 'you modified it' said)"
done
cp state.old .redo/state
echo 4444 >source
redo-ifchange high 2>said
is 4444 "$(cat high)"
is 0 "$(grep -c 'you modified it' said)"
# What somebody did change is left alone as ever, also after a failure.
echo 'echo broken >$3; exit 1' >low.do
fails redo-ifchange low
echo by-hand-and-longer >low
redo-ifchange low 2>said
is by-hand-and-longer "$(cat low)"
is 1 "$(grep -c 'you modified it' said)"
