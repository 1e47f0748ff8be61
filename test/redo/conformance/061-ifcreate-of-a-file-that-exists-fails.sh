# only: coolports apenwarr
# redo-ifcreate of a file that exists is an error.
echo 1 >a
echo 'redo-ifcreate a; echo x >$3' >x.do
fails redo x
