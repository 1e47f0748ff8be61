# Names may hold spaces, quotes, dollars, stars, backslashes and unicode.
echo 'redo-ifchange "$2.in"; cat "$2.in" >"$3"' >default.out.do
for name in 'a b' "it's" 'a"b' 'a$b' '*' 'a\nb' 'größe' '日本' '(x)' ' lead' 'a;b' 'a&b' '%s%d' '~' '#a'; do
  printf '%s' "$name" >"$name.in"
  redo-ifchange "$name.out"
  is "$name" "$(cat "$name.out")"
  printf '%s!' "$name" >"$name.in"
done
for name in 'a b' "it's" 'größe' '*' 'a\nb'; do
  redo-ifchange "$name.out"
  is "$name!" "$(cat "$name.out")"
done
