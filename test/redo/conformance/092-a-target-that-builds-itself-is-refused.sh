# only: coolports
# A target that has itself built by redo, near or far, is refused, and the others are built.
echo 'redo self; echo x >$3' >self.do
echo 'redo b; echo x >$3' >a.do
echo 'redo a; echo x >$3' >b.do
echo 'echo other >$3' >other.do
fails timeout 20 redo -k self a other
is 2 "$(grep -c 'it depends on itself' said)"
is other "$(cat other)"
[ ! -e self ] && [ ! -e a ] && [ ! -e b ]
