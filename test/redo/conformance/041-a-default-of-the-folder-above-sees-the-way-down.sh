# A default.do above runs in its own folder; $1 and $2 lead from there to the target.
mkdir -p a/b
echo 'echo "$1 $2 $(basename "$(pwd)")" >$3' >a/default.x.do
redo a/b/t.x
is 'b/t.x b/t a' "$(cat a/b/t.x)"
