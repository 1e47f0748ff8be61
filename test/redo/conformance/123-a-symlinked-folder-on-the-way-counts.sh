# only: coolports
# A symlinked folder in the path of a dependency counts, by whatever way it is named: led elsewhere, it rebuilds.
mkdir v1 v2
echo one >v1/f
echo two >v2/f
ln -s v1 latest
ln -s latest current
echo 'redo-ifchange current/f; cat current/f >$3; echo x >>x.runs' >x.do
echo 'cd current; redo-ifchange f; cat f >"$OLDPWD/$3"; echo y >>../y.runs' >y.do
redo-ifchange x y
redo-ifchange x y
is 'one one' "$(cat x) $(cat y)"
rm latest
ln -s v2 latest
redo-ifchange x y
is 'two two' "$(cat x) $(cat y)"
rm current
ln -s v1 current
redo-ifchange x y
redo-ifchange x y
is 'one one' "$(cat x) $(cat y)"
ran x.runs 3
ran y.runs 3
