# However a target is spelled, it is built once.
mkdir a b
ln -s a link
echo 'echo x >>runs; echo x >$3' >default.t.do
redo-ifchange a/x.t ./a/x.t b/../a/x.t a//x.t link/x.t "$PWD/a/x.t"
ran runs 1
