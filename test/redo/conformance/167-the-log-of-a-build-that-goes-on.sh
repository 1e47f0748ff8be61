# only: coolports
# redo-log -f goes on while the target is built, be it the second time in a run; without -f it shows what is there.
cat >x.do <<'X'
echo begins >&2
if [ -e first ]; then
  : >began
  until [ -e go ] || [ ! -e x.do ]; do sleep 0.05; done
fi
: >first
echo ends >&2
X
echo 'redo x; redo x' >all.do
redo all 2>/dev/null &
until [ -e began ]; do sleep 0.05; done
is begins "$(redo-log x)"
redo-log -f x >followed &
log=$!
until [ -s followed ]; do sleep 0.05; done
: >go
wait "$log"
is 'begins ends' "$(echo $(cat followed))"
wait
is 'begins ends' "$(echo $(redo-log -f x))"
