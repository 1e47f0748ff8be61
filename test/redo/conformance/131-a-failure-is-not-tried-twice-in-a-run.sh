# only: coolports
# A target that failed is not tried again for another one in the same run.
echo 'echo x >>runs; exit 3' >bad.do
echo 'redo-ifchange bad; echo x >$3' >default.t.do
fails redo-ifchange -k a.t b.t c.t
ran runs 1
