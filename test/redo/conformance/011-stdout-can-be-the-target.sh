# What a .do writes to stdout is the target.
echo 'echo out' >x.do
redo x
is out "$(cat x)"
