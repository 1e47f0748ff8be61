# only: coolports
# A target that was changed by hand and then deleted, and one that failed and has no file, are out of date while they have a rule.
# What was a source, or only looked for, is no target, though a rule would make it.
echo 'echo made >$3' >x.do
echo 'exit 1' >bad.do
echo 'redo-ifcreate absent; redo-ifchange src; cat src >$3' >y.do
echo 1 >src
redo-ifchange x y
echo mine >x
redo-ifchange x
rm x src
echo 'echo by default >$3' >default.do
fails redo-ifchange bad
is 'bad x y' "$(echo $(redo-ood))"
is 'bad x y' "$(echo $(redo-targets))"
rm bad.do default.do
is 'x y' "$(echo $(redo-ood))"
