# A change of its .do rebuilds a target.
echo 'echo 1 >$3' >x.do
redo-ifchange x
echo 'echo two >$3' >x.do
redo-ifchange x
is two "$(cat x)"
