# only: coolports
# Who stands in a folder that many share has the books in the tree of the targets, or in their folder; not in the shared one.
rm -rf .redo
mkdir -p shared/mine/deep shared/proj/deep shared/proj/.git
chmod 1777 shared
for at in shared/mine/deep shared/proj/deep; do echo 'echo >>ran; echo x >$3' >$at/x.do; done
cd shared
redo-ifchange mine/deep/x proj/deep/x 2>/dev/null
[ -e .redo ] || wrong 'there is no other place for the books of both'
rm -r .redo mine/deep/x proj/deep/x
redo-ifchange mine/deep/x 2>/dev/null
redo-ifchange proj/deep/x 2>/dev/null
[ ! -e .redo ] || wrong 'the books are in the folder that many share'
(cd mine/deep && redo-ifchange x 2>/dev/null)
(cd proj/deep && redo-ifchange x 2>/dev/null)
ran mine/deep/ran 2
ran proj/deep/ran 2
