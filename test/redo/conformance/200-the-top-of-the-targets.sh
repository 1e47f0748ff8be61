# only: coolports
# Of one folder the top is one, whatever is asked for there; but outside of any tree it is that of the targets.
rm -rf .redo
mkdir sub
echo 'redo-ifchange sub/x; cat sub/x' >app.do
echo 'echo >>ran; echo x >$3' >sub/x.do
HOME=$PWD redo-ifchange sub/x 2>/dev/null
HOME=$PWD redo-ifchange app 2>/dev/null
ran sub/ran 1
rm -r .redo
mkdir -p proj/deep proj/.git
echo 'echo >>ran; echo x >$3' >proj/deep/x.do
redo-ifchange proj/deep/x 2>/dev/null
(cd proj/deep && redo-ifchange x 2>/dev/null)
ran proj/deep/ran 1
[ ! -e .redo ] || wrong 'the books are outside of the tree'
