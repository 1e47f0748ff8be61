# only: coolports
# Who asks for what lies behind a symlink depends on where that leads by then, be it built in this run or led there by a person.
mkdir v1 v2
for at in v1 v2; do
  echo "$at" >"$at/source"
  echo >"$at/extra"
done
echo v1 >which
echo 'redo-ifchange which; rm -f "$3"; ln -s "$(cat which)" "$3"' >link.do
echo 'redo-ifchange link; redo-ifchange link/source; cat link/source' >t.do
redo-ifchange link 2>/dev/null
redo-ifchange link/extra t 2>/dev/null
is v1 "$(cat t)"
sleep 0.05
echo v2 >which
redo-ifchange link/extra t 2>/dev/null
is v2 "$(cat t)"
sleep 0.05
echo changed >v2/source
redo-ifchange t 2>/dev/null
is changed "$(cat t)"

ln -s v1 hand
echo 'redo-ifchange hand/source; cat hand/source' >u.do
cp u.do w.do
echo 'redo-ifchange u; : >began; until [ -e go ]; do sleep 0.05; done' >host.do
redo-ifchange host 2>/dev/null &
until [ -e began ]; do sleep 0.05; done
ln -sfn v2 hand
redo-ifchange w 2>/dev/null
: >go
wait
is changed "$(cat w)"
sleep 0.05
echo 'once more' >v2/source
redo-ifchange w 2>/dev/null
is 'once more' "$(cat w)"
