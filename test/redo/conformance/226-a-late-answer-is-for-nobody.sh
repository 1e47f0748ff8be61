# only: coolports
# What a script has asked for, and did not wait for to its end, is no answer for the next one.
cat >a.do <<'S'
trap 'exit 1' TERM
sh -c 'echo $PPID' >pid.a
(sleep 0.3; kill -TERM "$(cat pid.a)") &
redo-ifchange slow
S
echo 'sleep 1; echo slow' >slow.do
echo ': $$; sleep 0.6; echo' >second.do
echo 'sleep 1; redo-ifchange other; cat other; echo end' >b.do
echo 'redo-ifchange source; sleep 0.5; cat source' >other.do
echo old >source
redo-ifchange b
echo new >source
redo -k -j2 a second b || true
is 'new end ' "$(tr '\n' ' ' <b)"
