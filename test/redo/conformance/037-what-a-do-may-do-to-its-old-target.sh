# only: coolports
# A .do may remove its old target, or write what that leads to as a symlink; it may not put another file in its place.
echo one >src
echo 'redo-ifchange src; rm -f $1; cat src >$3' >x.do
redo-ifchange x
echo two >src
redo-ifchange x
is two "$(cat x)"
echo 'redo-ifchange src; cat src >store; ln -s store $3' >link.do
redo-ifchange link
echo three and more >src
redo-ifchange link
is 'three and more' "$(cat link)"
# Nor in that of a folder of its own making, which stays one.
echo 'redo-ifchange src; mkdir -p dir' >dir.do
redo-ifchange dir
echo 'redo-ifchange src; rm -r dir; echo file >dir' >dir.do
fails redo-ifchange dir
grep -q 'it changed its target itself' said || wrong "$(cat said)"
mkdir other
echo 'echo file >$3' >other.do
fails redo-ifchange other
grep -q 'the target is a folder, and stays one' said || wrong "$(cat said)"
