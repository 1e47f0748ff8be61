# A second redo-ifchange builds nothing; redo builds.
echo 1 >src
echo 'redo-ifchange src; echo x >>runs; cat src >$3' >x.do
redo-ifchange x
redo-ifchange x
ran runs 1
redo x
ran runs 2
