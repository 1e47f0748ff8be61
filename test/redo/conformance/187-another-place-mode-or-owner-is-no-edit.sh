# only: coolports
# A target that was copied, or whose mode changed, is not changed by hand: it is built again.
mkdir tree
cd tree
mkdir .redo 2>/dev/null || true
echo 1 >source
echo 'redo-ifchange source; cat source >$3' >low.do
echo 'redo-ifchange low; cat low >$3' >high.do
redo-ifchange high 2>/dev/null
cp -a . ../copy
cd ../copy
echo 22 >source
redo-ifchange high 2>/dev/null
is 22 "$(cat high)"
chmod 700 low
echo 333 >source
redo-ifchange high 2>/dev/null
is 333 "$(cat high)"
