# only: coolports apenwarr
# Who redirects the stderr of redo-ifchange gets what the targets say there.
echo 'redo-ifchange y 2>y.said; echo x >$3' >x.do
echo 'echo words >&2; echo x >$3' >y.do
redo x 2>said
grep -q words y.said
! grep -q words said || wrong 'it was printed, too'
