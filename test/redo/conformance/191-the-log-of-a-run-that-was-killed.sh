# only: coolports
# redo-log -f ends with a run that was killed, and follows builds of targets with long names.
echo 'echo begins >&2; : >began; sleep 30' >x.do
redo-ifchange x 2>/dev/null &
until [ -e began ]; do sleep 0.05; done
kill -KILL "$(echo .redo/run-* | sed 's/.*-//')"
wait || true
is begins "$(redo-log -f x)"
long=$(printf '%0245d' 0)
cat >default.do <<'X'
echo one >&2
until [ -e go ] || [ ! -e x.do ]; do sleep 0.05; done
echo two >&2
X
redo-ifchange "$long" 2>/dev/null &
until [ "$(redo-log "$long" 2>/dev/null)" ]; do sleep 0.05; done
redo-log -f "$long" >followed &
sleep 0.3
: >go
wait
is "one two" "$(paste -s -d ' ' followed)"
# What a build asks for has its heading on a line of its own, though the line before was not ended.
echo 'printf B >&2' >b.do
echo 'printf A >&2; redo-ifchange b; echo C >&2' >a.do
redo-ifchange a 2>/dev/null
is 'redo  a A redo  b B redo  a (resumed) C' "$(redo-log -r a | paste -s -d ' ')"
