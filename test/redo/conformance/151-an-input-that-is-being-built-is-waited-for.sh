# only: coolports
# Who asks for a target while an input of it is being built gets it made of the new one.
file a.do <<'X'
redo-ifchange src
if [ -e wait ]; then
  : >a.began
  until [ -e go ]; do sleep 0.05; done
fi
cat src >$3
X
echo 'redo-ifchange a; cat a >$3' >b.do
echo 'redo a' >p.do
file q.do <<'X'
redo-always
if [ -e wait ]; then until [ -e a.began ]; do sleep 0.05; done; fi
redo-ifchange b &
sleep 0.3
: >go
wait $!
cat b >$3
X
echo old >src
redo -j2 p q
is old "$(cat q)"
echo new >src
: >wait
rm go
redo -j2 p q
is new "$(cat q)"
