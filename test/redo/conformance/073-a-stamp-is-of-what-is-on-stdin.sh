# A stamp is of what redo-stamp can still read on its stdin: all of $3, a part of it, another file, a pipe.
echo 'redo-always; cat all >$3; redo-stamp <$3' >whole.do
echo 'redo-always; cat all >$3; { read -r first; redo-stamp; } <$3' >rest.do
echo 'redo-always; cat all >$3; redo-stamp <fixed' >other.do
echo 'redo-always; cat all >$3; sed 1d $3 | redo-stamp' >pipe.do
echo 'redo-always; cat all >$3; mkdir -p sub; cp fixed sub/$3; cd sub; redo-stamp <$3' >elsewhere.do
for it in whole rest other pipe elsewhere; do
  echo "redo-ifchange $it; echo x >>$it.runs; echo x >\$3" >"on-$it.do"
done
echo fixed >fixed
want() { # FIRST-LINE SECOND-LINE, then how often each was built
  printf '%s\n' "$1" "$2" >all
  redo-ifchange on-whole on-rest on-other on-pipe on-elsewhere
  shift 2
  for it in whole rest other pipe elsewhere; do
    ran "$it.runs" "$1"
    shift
  done
}
want 1 2 1 1 1 1 1
want 1 2 1 1 1 1 1
want 3 2 2 1 1 1 1
want 3 4 3 2 1 2 1
