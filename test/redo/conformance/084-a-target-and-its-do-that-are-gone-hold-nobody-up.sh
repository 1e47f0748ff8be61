# only: coolports
# A target that is gone together with its .do is an error, and costs the others no job.
for name in x y z; do echo "echo $name >\$3" >$name.do; done
redo-ifchange x
rm x x.do
fails timeout 20 redo-ifchange -k -j1 x y z
grep -q 'cannot build "x": there is neither such a file nor a .do for it' said || wrong "$(cat said)"
is 'y z' "$(echo $(cat y z))"
