# only: coolports
# Options that a script gives are for what it asks for, with all that this asks for in turn, and for nothing else.
echo 'echo $3 >$3' >low.do
echo 'exec >&2; redo-ifchange low; echo mid >$3' >mid.do
echo 'echo other >$3' >other.do
echo 'redo --explain -x mid; redo-ifchange other; echo all >$3' >all.do
redo-ifchange all 2>said
grep -q '^+ redo-ifchange low' said || wrong "the script runs without -x: $(cat said)"
grep -q '^+ echo low.*tmp' said || wrong "what it asks for runs without -x: $(cat said)"
grep -q 'building "low": it was never built' said || wrong "what it asks for is built unexplained: $(cat said)"
! grep -q -e '^+ echo other' -e 'building "other"' said || wrong "it is for others, too: $(cat said)"
# Without -k what comes after a name that cannot be had is not looked at; an empty one is none.
echo 'redo-ifchange none neither || :; redo-ifchange -k none-k neither-k good || :; ! redo-ifchange "" || exit 1; echo x >$3' >k.do
echo 'echo good >$3' >good.do
redo-ifchange k 2>said
is 'none none-k neither-k' "$(sed -n 's/.*cannot build "\([^"]*\)": there is.*/\1/p' said | tr '\n' ' ' | sed 's/ $//')"
is good "$(cat good)"
