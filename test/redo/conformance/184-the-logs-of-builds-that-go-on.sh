# only: coolports
# redo-log -r -f goes on while the target and what it asked for are built, each standing where it was asked for.
cat >inner.do <<'X'
echo inner begins >&2
until [ -e go-inner ] || [ ! -e x.do ]; do sleep 0.05; done
echo inner ends >&2
echo inner >$3
X
echo 'echo done before >&2; echo early >$3' >early.do
cat >x.do <<'X'
redo-ifchange early
echo x begins >&2
redo-ifchange inner
echo x goes on >&2
until [ -e go-x ] || [ ! -e x.do ]; do sleep 0.05; done
echo x ends >&2
X
redo x 2>printed &
until [ "$(redo-log inner 2>/dev/null)" ]; do sleep 0.05; done
redo-log -r -f x >followed &
log=$!
redo-log -rf inner >inner-alone &
alone=$!
says() { # FILE LINE
  until [ "$(tail -n 1 "$1")" = "$2" ]; do sleep 0.05; done
}
says followed 'inner begins'
says inner-alone 'inner begins'
: >go-inner
says followed 'x goes on'
wait "$alone"
: >go-x
wait "$log"
wait
is "$(sed 's/^redo  */redo  /' printed)" "$(cat followed)"
is "$(redo-log -r x)" "$(cat followed)"
is "$(redo-log -r inner)" "$(cat inner-alone)"
