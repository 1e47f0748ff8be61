# A .do that waits for others is no job: a long chain is built with -j1.
file default.n.do <<'X'
if [ $2 -gt 0 ]; then redo-ifchange $(($2 - 1)).n; fi
echo x >$3
X
timeout 60 redo -j1 30.n
