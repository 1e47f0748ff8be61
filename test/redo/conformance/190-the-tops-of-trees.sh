# only: coolports
# Of a tree without books the top is the folder that all that was asked for lies in; no target gets into two books.
rm -rf .redo
mkdir sub
echo 1 >source
echo 'redo-ifchange source; cat source >$3' >x.do
(cd sub && redo-ifchange ../x 2>/dev/null)
echo 22 >source
redo-ifchange x 2>/dev/null
is 22 "$(cat x)"
[ ! -e sub/.redo ] || wrong "the books are in sub"
mkdir -p inner/deep inner/.redo
echo 'echo >>ran; echo y >$3' >inner/deep/y.do
status=0
redo-ifchange inner/deep/y 2>said || status=$?
is 2 "$status"
is 1 "$(grep -c 'a target lies in a tree of its own' said)"
(cd inner && redo-ifchange deep/y 2>/dev/null)
ran inner/deep/ran 1
