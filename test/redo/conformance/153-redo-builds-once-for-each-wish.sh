# only: coolports
# Who asks by redo gets a build of its own, after one that is under way, and after one that was before in this run.
file x.do <<'X'
echo begins >>trace
: >began
until [ -e go ]; do sleep 0.05; done
echo ends >>trace
echo x >$3
X
file all.do <<'X'
redo-ifchange x &
first=$!
until [ -e began ]; do sleep 0.05; done
redo x &
second=$!
sleep 0.3
: >go
wait $first
wait $second && echo good >>second || echo bad >>second
X
timeout 20 redo -j3 all
is 'begins ends begins ends' "$(echo $(cat trace))"
is good "$(cat second)"
# And so does who asks after that, in the same run.
echo 'echo run >>runs; echo y >$3' >y.do
echo 'redo y; redo-ifchange y; redo y' >both.do
redo both
ran runs 2
# It is no dependency.
echo 1 >src
echo 'redo-ifchange src; cat src >$3' >w.do
echo 'redo w; echo run >>z.runs; echo z >$3' >z.do
redo-ifchange z
echo 22 >src
redo-ifchange w z
ran z.runs 1
