# only: coolports apenwarr
# redo-log shows what a target said when it was built.
echo 'echo words of x >&2; redo-ifchange y; echo x >$3' >x.do
echo 'echo words of y >&2; echo x >$3' >y.do
redo-ifchange x 2>/dev/null
redo-log x | grep -q 'words of x'
redo-log -r x | grep -q 'words of y'
