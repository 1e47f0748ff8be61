# only: coolports
# -n within a .do is refused: nothing there can tell what would be built. It is in the way of no other question.
echo 'redo-ifchange -n y; echo x >$3' >x.do
echo 'redo -n y; echo x >$3' >z.do
echo 'echo y >>runs; echo y >$3' >y.do
fails redo-ifchange x
fails redo-ifchange z
ran runs 0
is 2 "$(grep -c 'cannot run: -n' said)"
echo 'redo -n y || redo y; echo x >$3' >w.do
redo-ifchange w
ran runs 1
