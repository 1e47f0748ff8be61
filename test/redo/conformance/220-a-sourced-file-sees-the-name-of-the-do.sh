# A file that a .do sources sees $0 as the .do does, however it is named and however deep.
mkdir lib
file lib/own.sh <<'EOF2'
redo-ifchange "$0"
own=${0##*/}
EOF2
echo '. ./lib/own.sh' >lib/more.sh
echo '. ./lib/own.sh; echo "$own" >$3' >x.do
echo 'if true; then . "lib/more.sh"; fi; echo "$own" >$3' >y.do
echo 'd=lib; . $d/own.sh; echo "$own" >$3' >z.do
redo x y z
is 'x.do y.do z.do' "$(cat x y z | xargs)"
# A file that sources itself, or is not there, is no trouble of ours.
echo 'n=${n-}1; [ "$n" = 111 ] || . ./lib/again.sh' >lib/again.sh
echo '. ./lib/again.sh; [ -n "$n" ] || . ./absent.sh; . /dev/stdin </dev/null; echo "$n" >$3' >v.do
redo v
is 111 "$(cat v)"
