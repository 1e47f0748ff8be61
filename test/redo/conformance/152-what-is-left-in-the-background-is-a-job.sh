# only: coolports
# What a script asked for in the background and left is a job as ever: with -j1 nothing runs beside it.
file left.do <<'X'
redo-ifchange a &
until [ -e a.began ]; do sleep 0.05; done
echo x >$3
X
file a.do <<'X'
mkdir busy
: >a.began
sleep 0.5
rmdir busy
echo x >$3
X
echo 'mkdir busy; rmdir busy; echo x >$3' >default.t.do
redo -j1 left 1.t 2.t
