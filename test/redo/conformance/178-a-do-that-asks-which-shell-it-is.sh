# only: coolports
# $0 is the name of the .do, and $$ its own process, whatever other scripts ran before.
echo 'echo before >$3' >before.do
echo 'echo "$0" >$3' >zero.do
file own.do <<'X'
sh -c 'echo $PPID' >parent
echo "$$" >$3
X
redo before zero own
is zero.do "$(cat zero)"
is "$(cat parent)" "$(cat own)"
