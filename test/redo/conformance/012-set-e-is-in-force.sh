# A command that fails ends the .do.
file x.do <<'X'
echo before >$3
false
echo after >$3
X
fails redo x
[ ! -e x ] || wrong 'there is a target'
