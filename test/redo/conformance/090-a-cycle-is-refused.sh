# Targets that depend on each other fail, instead of waiting for each other.
echo 'redo-ifchange b; echo x >$3' >a.do
echo 'redo-ifchange c; echo x >$3' >b.do
echo 'redo-ifchange a; echo x >$3' >c.do
fails redo a
fails redo-ifchange c
