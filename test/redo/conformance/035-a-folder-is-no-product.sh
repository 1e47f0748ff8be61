# only: coolports
# A .do that makes a folder of $3 fails, the first time as ever.
echo 'mkdir $3; echo inside >$3/file' >x.do
fails redo-ifchange x
[ ! -e x ] || wrong "a folder is a target"
fails redo-ifchange x
grep -q 'made $3 a folder' said || wrong "$(cat said)"
is 'said x.do' "$(echo *)"
