# With -j1 no two jobs run at a time.
file default.t.do <<'X'
mkdir busy
sleep 0.05
rmdir busy
echo x >$3
X
echo 'redo-ifchange 1.t 2.t 3.t; echo x >$3' >all.do
redo -j1 all 4.t
