# only: coolports
# A name that is not in UTF-8 is refused: another file would be built in its place.
name=$(printf 'caf\351')
echo 'echo x >$3' >default.do
fails redo-ifchange "$name"
printf 'redo-ifchange "%s"\n' "$name" >all.do
fails redo-ifchange all
printf 'redo-ifcreate "%s"\necho y >$3\n' "$name" >y.do
fails redo-ifchange y
is 3 "$(grep -c 'not in UTF-8' said)"
is 'all.do default.do said y.do' "$(echo *)"
mkdir "$name"
(cd "$name" && fails redo-ifchange x)
grep -q 'not in UTF-8' "$name/said"
is "" "$(ls "$name" | grep -v said || true)"
