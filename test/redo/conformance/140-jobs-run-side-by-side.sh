# With -j2 two jobs run at a time, for they wait for each other here.
file a.do <<'X'
: >a.began
until [ -e b.began ]; do sleep 0.05; done
echo x >$3
X
sed 's/a.began/X/; s/b.began/a.began/; s/X/b.began/' a.do >b.do
timeout 20 redo -j2 a b
