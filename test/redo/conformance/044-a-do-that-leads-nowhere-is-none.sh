# only: coolports apenwarr
# A .do that is a symlink to nowhere is none: the next one is used, or it is an error.
ln -s nowhere.do x.do
ln -s nowhere.do y.z.do
echo 'echo default >$3' >default.z.do
fails redo-ifchange x
redo-ifchange y.z
is default "$(cat y.z)"
is y.z.do "$(redo-whichdo y.z | head -n 1)"
is default.z.do "$(redo-whichdo y.z | tail -n 1)"
echo 'echo own >$3' >nowhere.do
redo-ifchange x y.z
is own "$(cat x)"
is own "$(cat y.z)"
