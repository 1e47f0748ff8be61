# only: coolports
# A run that is told to end waits for what scripts do about it, and takes nothing from them.
cat >x.do <<'X'
trap 'echo begins >>trace; sleep 1; echo ends >>trace; exit 1' TERM
: >began
sleep 30 || true
X
cat >y.do <<'Y'
trap 'echo part; exit 0' TERM
: >began
sleep 20 &
wait
Y
stop() { # TARGET
  redo "$1" 2>said &
  redo=$!
  while [ ! -e began ]; do sleep 0.1; done
  kill "$redo"
  code=0
  wait "$redo" || code=$?
  is 143 "$code"
  rm began
}
stop x
is "begins ends" "$(tr '\n' ' ' <trace | sed 's/ $//')"
stop y
[ ! -e y ] || wrong "a product of a script that was stopped"
echo ': >began; exec sleep 30' >z.do
stop z
is 'redo  z' "$(cat said)"
echo 'echo whole' >y.do
redo-ifchange y 2>said
is whole "$(cat y)"
