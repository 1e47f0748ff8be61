# only: coolports
# Who gives scripts a variable with other bytes than UTF-8 is told that they see another value; the build goes on.
echo 'echo "$ODD" >$3' >x.do
ODD=$(printf 'a\351b')
export ODD
redo x 2>said
grep -qF 'redo: scripts will see another value of "ODD": it is not in UTF-8' said
[ -e x ]
ODD=$(printf 'a\303\251b')
redo x 2>said
is 'redo  x' "$(cat said)"
is "$ODD" "$(cat x)"
