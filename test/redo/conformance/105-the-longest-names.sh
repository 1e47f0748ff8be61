# only: coolports
# A name may be as long as a file may have it, and $3 is another one for each that is built at the time.
one=$(printf '%0251d' 1)
two=$(printf '%0251d' 2)
cat >default.out.do <<'X'
echo "$2" >"$3"
: >began.${2##*0}
until [ -e began.1 ] && [ -e began.2 ]; do sleep 0.05; done
X
timeout 20 redo -j2 "$one.out" "$two.out"
is "$one" "$(cat "$one.out")"
is "$two" "$(cat "$two.out")"
redo-ifchange "$one.out" "$two.out" 2>said
is "" "$(cat said)"
