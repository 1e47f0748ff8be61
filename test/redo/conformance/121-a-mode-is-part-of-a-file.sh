# only: coolports apenwarr
# A change of a file's mode is a change.
echo 1 >src
echo 'redo-ifchange src; echo x >>runs; cat src >$3' >x.do
redo-ifchange x
chmod +x src
redo-ifchange x
ran runs 2
