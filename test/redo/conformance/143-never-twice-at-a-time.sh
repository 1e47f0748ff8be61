# A target that many want at once is built once.
echo 'mkdir busy; sleep 0.1; rmdir busy; echo x >>runs; echo x >$3' >x.do
echo 'redo-ifchange x; echo x >$3' >default.t.do
redo -j4 1.t 2.t 3.t 4.t 5.t 6.t
ran runs 1
