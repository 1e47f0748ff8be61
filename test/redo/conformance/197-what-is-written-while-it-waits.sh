# only: coolports
# What somebody writes between the decision to build a target and its build is theirs, also where there was nothing.
file slow.do <<'S'
redo-ifchange source
: >began
until [ -e go ]; do sleep 0.05; done
cat source
S
echo 'redo-ifchange source; cat source' >t.do
echo 1 >source
: >go
redo-ifchange slow t 2>/dev/null
cp t.do new.do
for asks in 'redo-ifchange slow t new' 'redo slow t new'; do
  rm -f go began t new
  redo-ifchange t 2>/dev/null
  sleep 0.05
  echo "for $asks" >source
  $asks 2>said &
  until [ -e began ]; do sleep 0.05; done
  echo edited >t
  echo put >new
  : >go
  wait
  is "for $asks" "$(cat slow)"
  is 'edited put' "$(cat t) $(cat new)"
  is 1 "$(grep -c '^redo: t - you modified it' said)"
done
# A source from here on.
redo-ifchange t new 2>/dev/null
is 'edited put' "$(cat t) $(cat new)"
