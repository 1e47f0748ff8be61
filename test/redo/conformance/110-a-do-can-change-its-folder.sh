# Names are meant as seen from where the caller is.
mkdir sub
echo 1 >sub/src
echo 'cd sub; redo-ifchange src made; cat src >../$3' >x.do
echo 'echo x >$3' >sub/made.do
redo-ifchange x
[ -e sub/made ]
echo 22 >sub/src
redo-ifchange x
is 22 "$(cat x)"
(cd sub && redo ../x)
