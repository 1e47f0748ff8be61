# only: coolports apenwarr
# After `set -x` a script shows its own commands, and nothing of what stands behind those of redo.
echo 1 >src
echo 'set -x' >lib.sh
echo 'set -x; redo-ifchange src; cp src $3' >x.do
echo 'set -eux; redo-ifchange src; redo-always; cp src $3; redo-stamp <$3' >y.do
echo '. ./lib.sh; redo-ifchange src; cp src $3' >z.do
echo 'set -o xtrace; redo-ifchange src; cp src $3' >w.do
redo x y z w 2>said
is 10 "$(grep -c '^+ *\(redo-\|cp\)' said)"
if grep '^+' said | grep -v '^+ *\(redo-[a-z]*\|cp\|[.<]\|set\)' >&2; then wrong 'more is shown'; fi
