# only: coolports
# An edit stays, whenever what a build left in the background writes to its log.
file t.do <<'S'
(until [ -e go ]; do sleep 0.05; done; echo late >&2; : >late) >/dev/null &
sleep 0.05
echo made
S
redo-ifchange t 2>/dev/null
echo edited >t
sleep 0.05
: >go
until [ -e late ]; do sleep 0.05; done
redo-ifchange t 2>said
is edited "$(cat t)"
is 1 "$(grep -c 'you modified it' said)"
