# A target that says redo-always is built in each run, once.
echo 'redo-always; echo x >>runs; echo x >$3; redo-stamp <$3' >x.do
echo 'redo-ifchange x; echo x >$3' >default.y.do
redo-ifchange a.y b.y x
ran runs 1
redo-ifchange a.y b.y x
ran runs 2
