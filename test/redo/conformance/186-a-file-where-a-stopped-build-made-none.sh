# only: coolports
# Where a build that was stopped or killed made no file, one that somebody puts there is theirs.
cat >x.do <<'X'
: >"began-$2"
sleep 30
echo made >$3
X
cp x.do y.do
for end in x:INT y:KILL; do
  target=${end%:*}
  redo-ifchange "$target" 2>/dev/null &
  until [ -e "began-$target" ]; do sleep 0.05; done
  # A shell has a job in the background ignore SIGINT; its run is asked by TERM, the same.
  signal=${end#*:}
  [ "$signal" = KILL ] || signal=TERM
  kill "-$signal" "$(echo .redo/run-* | sed 's/.*-//')"
  wait || true
done
# The run after a kill -9 takes it down, if nothing is there by then.
echo 'echo z >$3' >z.do
redo-ifchange z 2>/dev/null
echo mine >x
echo mine >y
# By mv or cp -p it may be older than those builds.
touch -t 200101010000 x y
redo-ifchange x y 2>said
is mine "$(cat x)"
is mine "$(cat y)"
is 2 "$(grep -c 'it is a source, though it has a .do' said)"
rm x y
echo 'echo made >$3' >x.do
cp x.do y.do
redo-ifchange x y 2>/dev/null
is made "$(cat x)"
is made "$(cat y)"
# A target that was built before, and is changed by hand after its build was stopped, is left alone.
echo ': >began; sleep 30' >x.do
rm -f began
redo-ifchange x 2>/dev/null &
until [ -e began ]; do sleep 0.05; done
kill -TERM "$(echo .redo/run-* | sed 's/.*-//')"
wait || true
echo by-hand >x
touch -t 200101010000 x
echo 'echo again >$3' >x.do
redo-ifchange x 2>said
is by-hand "$(cat x)"
is 1 "$(grep -c 'you modified it' said)"
