# only: coolports apenwarr
# A target that has no file is nothing without its .do: who asks for it then fails.
echo 'echo x >>runs' >name.do
echo 'redo-ifchange name; echo y >$3' >y.do
redo-ifchange y
rm name.do
fails redo-ifchange name
fails redo-ifchange y
ran runs 1
