# only: coolports
# What a script left in the background is a job as ever: with -j1 nothing runs beside it. What was not begun is nobody's failure.
file left.do <<'X'
redo-ifchange a &
until [ -e a.began ]; do sleep 0.05; done
redo-ifchange b 2>/dev/null &
sleep 0.3
echo x >$3
X
file a.do <<'X'
mkdir busy
: >a.began
until [ -e left ]; do sleep 0.05; done
sleep 0.3
rmdir busy
echo x >$3
X
echo 'echo b >$3' >b.do
echo 'redo-ifchange b; cat b >$3' >user.do
echo 'mkdir busy; rmdir busy; echo x >$3' >default.t.do
redo -j1 left 1.t 2.t user
is b "$(cat user)"
