# only: coolports
# A cycle is noticed when its targets are being built at the same time.
echo 'sleep 0.2; redo-ifchange b; echo x >$3' >a.do
echo 'sleep 0.2; redo-ifchange a; echo x >$3' >b.do
fails redo -j2 a b
