# only: coolports apenwarr
# When a .do appears that would have been found first, the target is built by that one.
echo 'echo far >$3' >default.do
echo 'echo x >$3' >default.y.do
redo-ifchange a.b
is far "$(cat a.b)"
echo 'echo near >$3' >default.b.do
redo-ifchange a.b
is near "$(cat a.b)"
echo 'echo own >$3' >a.b.do
redo-ifchange a.b
is own "$(cat a.b)"
rm a.b.do
redo-ifchange a.b
is near "$(cat a.b)"
# Its name is the begin of the name of its rule.
redo-ifchange def
is far "$(cat def)"
echo 'echo own >$3' >def.do
redo-ifchange def
is own "$(cat def)"
