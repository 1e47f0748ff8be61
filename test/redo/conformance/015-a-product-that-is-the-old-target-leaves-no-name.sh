# only: coolports
# Where $3 is another name of the file that the target is already, that name goes.
echo made >store
touch again
echo 'redo-ifchange again; ln store $3' >x.do
redo-ifchange x
touch -d '2001-01-01' again
redo-ifchange x
is made "$(cat x)"
is 'again
store
x
x.do' "$(ls)"
redo-ifchange x
