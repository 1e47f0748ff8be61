# Two runs at once in one tree do not build a target twice at a time, and both end well.
echo 'mkdir busy; sleep 0.3; rmdir busy; echo x >>runs; echo x >$3' >x.do
echo 'redo-ifchange x; echo x >$3' >default.t.do
redo-ifchange a.t &
redo-ifchange b.t
wait
[ -e a.t ] && [ -e b.t ]
ran runs 1
