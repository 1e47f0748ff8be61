# only: coolports apenwarr
# A target that somebody changed is left alone, with a warning, and counts as changed; deleted, it is a target again.
echo 'echo made >$3' >x.do
echo 'redo-ifchange x; cat x >$3' >y.do
redo-ifchange y
echo by-hand >x
redo-ifchange y >said 2>&1
grep -q 'x - you modified it' said || wrong 'no warning'
is by-hand "$(cat y)"
redo x >>said 2>&1
is by-hand "$(cat x)"
rm x
redo-ifchange y
is made "$(cat y)"
