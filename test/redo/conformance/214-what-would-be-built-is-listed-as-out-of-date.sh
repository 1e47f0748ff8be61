# only: coolports
# A target that was changed by hand and then deleted is out of date while it has a rule. What was a source, failed without
# a file, or was only looked for, is no target, though a rule would make it.
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
is 'x y' "$(echo $(redo-ood))"
is 'x y' "$(echo $(redo-targets))"
rm x.do default.do
is y "$(echo $(redo-ood))"
