# only: coolports
# A script that asks for what another tree has built is refused; what is a source there is one here.
mkdir -p sub/.redo beside/.redo here/.redo
for at in sub beside; do
  echo 1 >$at/source
  echo 'redo-ifchange source; cat source' >$at/lib.do
  (cd $at && redo-ifchange lib 2>/dev/null)
done
file t.do <<'S'
redo-ifchange sub/source
redo-ifchange sub/lib
S
file here/t.do <<'S'
redo-ifchange ../beside/source
redo-ifchange ../beside/lib
S
for at in . here; do
  (
    cd $at
    status=0
    redo-ifchange t 2>said || status=$?
    is 1 $status
    is 1 "$(grep -c 'it is a target of the tree ".*"; to have it built here, remove it and' said)"
  )
done
rm -r sub/.redo
rm sub/lib
redo-ifchange t 2>/dev/null
is 1 "$(cat sub/lib)"
# What somebody wrote there, or has no rule there, is a source there, and here.
echo mine >beside/lib
(cd here && redo-ifchange t 2>/dev/null)
is mine "$(cat beside/lib)"
