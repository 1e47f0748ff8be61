# only: coolports
# Why a target is built is told in full also when another run has seen its input change before.
echo 1 >source
echo 'redo-ifchange source; cat source >$3' >default.do
redo-ifchange x y 2>/dev/null
echo 22 >source
redo-ifchange x 2>/dev/null
redo-ifchange --explain y 2>said
is 1 "$(grep -c '"source" changed: time .*, size 2 -> 3' said)"
