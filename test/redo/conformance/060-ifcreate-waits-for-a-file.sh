# redo-ifcreate rebuilds when the file appears, not before.
echo 'if [ -e a ]; then redo-ifchange a; else redo-ifcreate a; fi; echo x >>runs; echo x >$3' >x.do
redo-ifchange x
redo-ifchange x
ran runs 1
echo 1 >a
redo-ifchange x
ran runs 2
