# only: coolports apenwarr
# A target that somebody changed is left alone by `redo`, too, even if nobody has asked for it since.
echo 'echo made >$3' >x.do
echo 'redo x; echo made >$3' >y.do
redo-ifchange x
echo by-hand >x
redo x >said 2>&1
grep -q 'x - you modified it' said || wrong 'no warning'
is by-hand "$(cat x)"
redo y >>said 2>&1
is by-hand "$(cat x)"
rm x
redo x
is made "$(cat x)"
echo by-hand-again >x
redo y >said 2>&1
grep -q 'x - you modified it' said || wrong 'no warning from within a script'
is by-hand-again "$(cat x)"
