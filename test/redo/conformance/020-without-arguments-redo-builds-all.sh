# Without arguments, redo builds the target all.
echo 'echo here >seen' >all.do
redo
is here "$(cat seen)"
