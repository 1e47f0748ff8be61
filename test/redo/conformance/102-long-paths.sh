# A path of more than 200 characters is as good as any.
deep=$(printf 'folder-%02d/' 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24 25)
mkdir -p "$deep"
long=$(printf '%0200d' 7)
echo 1 >"$deep$long.in"
echo 'redo-ifchange "$2.in"; cat "$2.in" >"$3"' >default.out.do
redo-ifchange "$deep$long.out"
is 1 "$(cat "$deep$long.out")"
