# only: coolports apenwarr
# Who redirects the stderr of redo-ifchange gets what the targets say there.
echo 'redo-ifchange y 2>y.said; echo x >$3' >x.do
echo 'echo words >&2; echo x >$3' >y.do
redo x 2>said
grep -q words y.said
! grep -q words said || wrong 'it was printed, too'
echo 'redo-ifchange nowhere 2>n.said || true; echo x >$3' >n.do
redo n 2>said
grep -q nowhere n.said
! grep -q nowhere said || wrong 'of what cannot be built, too'
echo 'redo-ifchange v 2>v.said; redo-ifchange w 2>w.said; echo x >$3' >u.do
echo 'echo first >&2; echo x >$3' >v.do
echo 'echo second >&2; echo x >$3' >w.do
redo u 2>said
! grep -q first w.said || wrong 'what another one said, too'
grep -q second w.said
