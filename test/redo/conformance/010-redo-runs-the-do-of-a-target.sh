# A target is made by the .do of its name, which finds its three arguments and its folder.
file x.do <<'X'
exec >&2
[ "$#" = 3 ] && [ "$1" = x ] && [ "$2" = x ] && [ ! -e "$3" ]
[ -e x.do ]
echo made >$3
X
redo x
is made "$(cat x)"
