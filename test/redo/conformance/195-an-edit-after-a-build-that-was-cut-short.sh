# only: coolports
# What somebody writes after a build has ended, was killed, or had its log written on, is theirs.
printf '%s\n' '(sleep 0.3; echo late >&2; : >late) >/dev/null &' 'echo made' >t.do
redo-ifchange t 2>/dev/null
until [ -e late ]; do sleep 0.05; done
sleep 0.1
echo edited >t
redo-ifchange t 2>said
is edited "$(cat t)"
is 1 "$(grep -c 'you modified it' said)"

file u.do <<'X'
redo-ifchange source
[ ! -e slow ] || { : >began; sleep 30; }
cat source
X
cp u.do v.do
echo 1 >source
redo-ifchange u 2>/dev/null
echo 22 >source
: >slow
for target in u v; do
  rm -f began
  redo-ifchange "$target" 2>/dev/null &
  until [ -e began ]; do sleep 0.05; done
  kill -KILL "$(echo .redo/run-* | sed 's/.*-//')"
  wait || true
  echo edited >"$target"
  rm slow
  redo-ifchange "$target" 2>/dev/null
  is edited "$(cat "$target")"
  : >slow
done
