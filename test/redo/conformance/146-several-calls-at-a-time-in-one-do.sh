# A .do may have several redo-ifchange run at a time.
echo 'echo $2 >$3' >default.t.do
file x.do <<'X'
for i in 1 2 3 4 5 6 7 8; do redo-ifchange $i.t & done
wait
cat ?.t >$3
X
redo-ifchange x
is 8 "$(wc -l <x | tr -d ' ')"
