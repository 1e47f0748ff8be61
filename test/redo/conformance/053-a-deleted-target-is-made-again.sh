# A target that is gone is built, and what depends on it.
echo 'echo 1 >$3' >x.do
echo 'redo-ifchange x; echo x >>runs; cat x >$3' >y.do
redo-ifchange y
rm x
redo-ifchange y
[ -e x ]
ran runs 2
