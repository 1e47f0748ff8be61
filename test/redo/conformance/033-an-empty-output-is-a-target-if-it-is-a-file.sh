# An empty $3 makes an empty file.
echo ': >$3' >x.do
redo x
[ -f x ] && [ ! -s x ]
