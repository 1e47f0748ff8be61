# What is built for a script sees what that exports; what it asks for in turn does, too.
file all.do <<'X'
export COLOUR=red
redo-ifchange one
unset COLOUR
SHAPE=round redo-ifchange two
redo-ifchange three
X
# What is not there yet when the script starts may export something, too.
file later.do <<'X'
redo-ifchange made.sh
. ./made.sh
redo-ifchange four
X
echo 'echo "export COLOUR=green" >$3' >made.sh.do
file one.do <<'X'
redo-ifchange inner
echo "${COLOUR-none}" >$3
X
file default.do <<'X'
echo "${COLOUR-none} ${SHAPE-none}" >$3
X
redo all
redo later
[ "$(cat one inner two three four)" = "red
red none
none round
none none
green none" ]
