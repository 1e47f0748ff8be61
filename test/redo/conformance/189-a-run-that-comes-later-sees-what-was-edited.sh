# A second run in a tree sees what was edited since the first one looked, and tries what failed.
echo 1 >source
echo 'redo-ifchange source; cat source >$3' >x.do
echo '[ -e mended ]; redo-ifchange mended; echo y >$3' >y.do
cat >slow.do <<'X'
: >began
until [ -e go ] || [ ! -e x.do ]; do sleep 0.05; done
echo slow >$3
X
redo-ifchange x 2>/dev/null
redo x slow 2>/dev/null &
until [ -e began ]; do sleep 0.05; done
fails redo-ifchange y
echo 22 >source
: >mended
redo-ifchange x y 2>/dev/null
is 22 "$(cat x)"
is y "$(cat y)"
: >go
wait
is slow "$(cat slow)"
