# What .do files say on stderr comes in the order of a build without parallel jobs.
echo 'echo one >&2; redo-ifchange y z; echo four >&2; echo x >$3' >x.do
echo 'sleep 0.3; echo two >&2; echo x >$3' >y.do
echo 'echo three >&2; echo x >$3' >z.do
redo -j2 x 2>said
is 'one two three four' "$(echo $(grep -x 'one\|two\|three\|four' said))"
