# only: coolports
# The answer to a script that was killed while it waited does not reach another one.
file x.do <<'X'
sh -c 'echo $PPID' >pid
redo-ifchange slow
X
echo 'kill -9 $(cat pid); sleep 1; echo slow >$3' >slow.do
echo 'sleep 2; exit 1' >bad.do
file y.do <<'X'
! redo-ifchange bad || echo "bad is good" >>wrong
echo y >$3
X
echo '! redo-ifchange x || echo "x is good" >>wrong; redo-ifchange y' >all.do
redo -j2 all 2>said
[ ! -e wrong ] || wrong "$(cat wrong)"
is y "$(cat y)"
