# Names are seen from the folder that the script is in, whatever it did to PWD.
mkdir sub
echo 1 >src
echo 2 >sub/other
echo 'unset PWD; redo-ifchange src; echo x >>runs; cat src >$3' >x.do
echo 'PWD=/; redo-ifchange src; cd sub; PWD=; redo-ifchange other; echo x >>../runs; cat other >../$3' >y.do
redo-ifchange x y
ran runs 2
redo-ifchange x y
ran runs 2
echo 22 >src
echo 33 >sub/other
redo-ifchange x y
ran runs 4
is 22 "$(cat x)"
is 33 "$(cat y)"
