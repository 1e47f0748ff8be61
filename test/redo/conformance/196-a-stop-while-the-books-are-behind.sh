# only: coolports
# A build that is stopped while the books are behind leaves the target to be built, and nobody's edit.
file t.do <<'X'
redo-ifchange source
[ ! -e slow ] || { : >began; sleep 30; }
cat source
X
echo 1 >source
redo-ifchange t 2>/dev/null
cp .redo/state old
echo 22 >source
redo-ifchange t 2>/dev/null
for books in old none; do
  if [ "$books" = old ]; then cp old .redo/state; else rm .redo/state; fi
  echo "source of $books" >source
  : >slow
  rm -f began
  redo-ifchange t 2>/dev/null &
  until [ -e began ]; do sleep 0.05; done
  kill -TERM "$(echo .redo/run-* | sed 's/.*-//')"
  wait || true
  rm slow
  redo-ifchange t 2>said
  is "source of $books" "$(cat t)"
  is 0 "$(grep -c 'you modified it' said)"
done
