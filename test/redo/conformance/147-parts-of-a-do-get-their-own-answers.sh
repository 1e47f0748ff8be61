# A subshell, a background job and both sides of a pipe ask for themselves, and get their own answers.
echo 'echo $2 >$3' >default.good.do
echo 'sleep 0.1; exit 1' >default.bad.do
file x.do <<'X'
exec >&2
for i in 1 2 3 4 5; do
  { redo-ifchange a$i.bad && echo "a$i.bad" >>wrong; } &
  redo-ifchange b$i.good || echo "b$i.good" >>wrong
  (redo-ifchange c$i.bad) && echo "c$i.bad" >>wrong
  redo-ifchange d$i.bad | redo-ifchange e$i.good || echo "e$i.good" >>wrong
  redo-ifchange f$i.bad && echo "f$i.bad" >>wrong
  wait
done
echo x >$3
X
redo x 2>said
[ ! -e wrong ] || wrong "$(cat wrong)"
is x "$(cat x)"
