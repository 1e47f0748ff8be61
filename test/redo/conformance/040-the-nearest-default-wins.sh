# x.a.b is looked for as x.a.b.do, default.a.b.do, default.b.do, default.do; then in the folder above.
mkdir -p sub
for f in default.b default.a.b default; do echo "echo $f >\$3" >$f.do; done
echo 'echo sub-default >$3' >sub/default.do
redo x.a.b x.b x.c sub/x.a.b
is default.a.b "$(cat x.a.b)"
is default.b "$(cat x.b)"
is default "$(cat x.c)"
is sub-default "$(cat sub/x.a.b)"
