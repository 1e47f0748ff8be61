# With -j2 no three jobs run at a time, whatever they ask for first.
echo x >source
file default.t.do <<'X'
redo-ifchange source
for place in one two none; do ! mkdir $place 2>/dev/null || break; done
[ $place != none ]
sleep 0.05
rmdir $place
echo x >$3
X
redo -j2 1.t 2.t 3.t 4.t 5.t 6.t 7.t
