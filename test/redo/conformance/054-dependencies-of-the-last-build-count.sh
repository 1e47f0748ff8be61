# What a .do does not ask for any more does not count any more.
echo 1 >a
echo 1 >b
echo a >which
echo 'redo-ifchange which; redo-ifchange $(cat which); echo x >>runs; cat $(cat which) >$3' >x.do
redo-ifchange x
echo bb >which
mv b bb
redo-ifchange x
echo 22 >a
redo-ifchange x
ran runs 2
echo 33 >bb
redo-ifchange x
ran runs 3
