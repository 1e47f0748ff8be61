# only: coolports
# What somebody put in place of a target stays theirs when the books are lost, also if it is older than the build was.
echo 'echo made >$3' >x.do
echo 'redo-ifchange x; cat x >$3' >y.do
redo-ifchange y 2>/dev/null
echo theirs >x
touch -t 200101010000 x
redo-ifchange y 2>/dev/null
rm .redo/state
redo-ifchange y 2>/dev/null
is 'theirs theirs' "$(cat x) $(cat y)"
