# A change of a symlink's end is a change, and so is another end.
echo 1 >one
echo 2 >two
ln -s one link
echo 'redo-ifchange link; cat link >$3' >x.do
redo-ifchange x
echo 11 >one
redo-ifchange x
is 11 "$(cat x)"
rm link
ln -s two link
redo-ifchange x
is 2 "$(cat x)"
