# needs: make
# Started by make -j2, redo runs two jobs at a time.
file a.do <<'X'
: >a.began
until [ -e b.began ]; do sleep 0.05; done
echo x >$3
X
sed 's/a.began/X/; s/b.began/a.began/; s/X/b.began/' a.do >b.do
printf 'all:\n\t+redo a b\n' >Makefile
timeout 20 make -j2 all
