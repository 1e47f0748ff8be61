# only: coolports
# redo-log -r shows what a build asked for where it did, each once; with -u also what was up to date then.
echo 'echo one >&2; redo-ifchange y; redo-ifchange z; echo two >&2; echo x >$3' >x.do
echo 'redo-ifchange z; echo of y >&2; echo y >$3' >y.do
echo 'echo of z >&2; echo z >$3' >z.do
redo-ifchange x 2>/dev/null
is 'redo x one redo y redo z of z redo y (resumed) of y redo x (resumed) two' "$(echo $(redo-log -r x))"
echo 'redo-ifchange y z; echo again >&2; echo x >$3' >x.do
redo-ifchange x 2>/dev/null
is 'redo x again' "$(echo $(redo-log -r x))"
is 'redo x redo y redo z of z redo y (resumed) of y redo x (resumed) again' "$(echo $(redo-log -r -u x))"
