# only: coolports
# What is listed has the names that lead to it from the folder in which somebody asks.
mkdir a
echo 1 >src
echo 'redo-ifchange ../src; cat ../src >$3' >a/x.do
redo-ifchange a/x
cd a
is '../src x.do' "$(echo $(redo-sources))"
is x "$(redo-targets)"
echo 22 >../src
is x "$(redo-ood)"
: >../default.do
is 'y.do default.do ../default.do' "$(echo $(redo-whichdo y))"
