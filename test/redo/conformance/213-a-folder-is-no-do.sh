# only: coolports
# A folder that is named as a .do is no rule, and neither is a symlink to one: what would be found next is.
mkdir folder x.do sub sub/default.do
ln -s ../folder sub/z.do
echo 'echo "$1 by default" >$3' >default.do
redo-ifchange x sub/y sub/z
is 'x by default' "$(cat x)"
is 'sub/y by default' "$(cat sub/y)"
is 'sub/z by default' "$(cat sub/z)"
is 'x.do default.do' "$(echo $(redo-whichdo x))"
# A target of a file that gives way to a folder is another's, too.
echo 'echo own >$3' >w.do
redo-ifchange w
rm w.do
mkdir w.do
is w "$(redo-ood)"
redo-ifchange w
is 'w by default' "$(cat w)"
rm default.do
mkdir default.do
fails redo new
grep -q 'there is neither such a file nor a .do for it' said
