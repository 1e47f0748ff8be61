# only: coolports
# A source that a script writes before it asks for it counts as that script left it, also when it was looked at for another.
echo old >s
echo 'redo-ifchange s; cat s >$3' >early.do
echo 'redo-ifchange src; cat src >s; redo-ifchange s; echo x >>runs; echo x >$3' >writer.do
echo 1 >src
echo 'redo-ifchange early; redo-ifchange writer' >all.do
redo-ifchange all
redo-ifchange all
is 1 "$(cat early)"
ran runs 1
