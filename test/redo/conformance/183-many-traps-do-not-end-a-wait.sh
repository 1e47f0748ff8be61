# Nor do thousands of signals end it.
file x.do <<'X'
trap : USR1
sh -c 'echo $PPID' >pid
read -r pid <pid
(until [ -e stop ]; do kill -USR1 "$pid"; done) &
redo-ifchange slow
: >stop
cat slow >$3
X
echo 'sleep 2; echo slow >$3' >slow.do
redo x
is slow "$(cat x)"
