# only: coolports
# Names may hold newlines, and begin with a dash when they follow --.
echo 'redo-ifchange -- "$2.in"; cat -- "$2.in" >"$3"' >default.out.do
for name in 'a
b' '-x' '--' '-j'; do
  printf '%s' "$name" >"./$name.in"
  redo-ifchange -- "$name.out"
  is "$name" "$(cat "./$name.out")"
done
printf '#!/usr/bin/env -S sh -e\necho own >"$3"\n' >./-own.do
redo-ifchange -- -own
is own "$(cat ./-own)"
