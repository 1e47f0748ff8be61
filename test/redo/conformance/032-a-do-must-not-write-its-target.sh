# only: coolports apenwarr
# A .do that writes to its target itself fails.
echo 'echo two >$1' >x.do
fails redo x
