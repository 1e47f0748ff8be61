# only: coolports apenwarr
# What happens in a folder does not matter to those who depend on it, or on a symlink to it.
mkdir d
ln -s d l
echo 'redo-ifchange d l; echo x >>runs; echo x >$3' >x.do
redo-ifchange x
echo 1 >d/new
redo-ifchange x
ran runs 1
