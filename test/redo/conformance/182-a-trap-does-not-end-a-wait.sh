# A signal that a script catches while it waits does not end the wait.
file x.do <<'X'
trap 'echo caught >caught' USR1
sh -c 'echo $PPID' >pid
(sleep 0.3; kill -USR1 "$(cat pid)") &
redo-ifchange slow
cat slow >$3
X
echo 'sleep 1; echo slow >$3' >slow.do
redo x
is slow "$(cat x)"
is caught "$(cat caught)"
