# A .do that writes both to stdout and to $3 fails.
echo 'echo one; echo two >$3' >x.do
fails redo x
[ ! -e x ] || wrong 'there is a target'
