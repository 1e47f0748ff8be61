# A .do has nothing on stdin, whatever its caller has there.
echo 'cat >$3; echo end >>$3' >x.do
echo text | redo x
is end "$(cat x)"
