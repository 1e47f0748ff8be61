# What is built for a script sees what that exports; what it asks for in turn does, too.
file all.do <<'X'
export COLOUR=red
redo-ifchange one
unset COLOUR
SHAPE=round redo-ifchange two
redo-ifchange three
X
file one.do <<'X'
redo-ifchange inner
echo "${COLOUR-none}" >$3
X
file default.do <<'X'
echo "${COLOUR-none} ${SHAPE-none}" >$3
X
redo all
[ "$(cat one inner two three)" = "red
red none
none round
none none" ]
