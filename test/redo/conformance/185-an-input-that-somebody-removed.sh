# only: coolports
# A target that fails when somebody has removed what it asked for in this run says so; the next run makes it again.
echo 'echo made >$3' >gone.do
echo ': >no-file' >phony.do
cat >x.do <<'X'
redo-ifchange gone phony
until [ -e go ] || [ ! -e x.do ]; do sleep 0.05; done
read -r line <gone
echo "$line" >$3
X
redo-ifchange x 2>said &
until [ -e gone ] && [ -e no-file ]; do sleep 0.05; done
rm gone
: >go
wait
is '  "gone", which it asked for, was removed since: run it again' "$(tail -n 1 said)"
redo-ifchange x 2>/dev/null
is made "$(cat x)"
echo 'redo-ifchange gone phony; exit 1' >y.do
fails redo-ifchange y 2>said
is 0 "$(grep -c removed said)"
# Nor where it was gone before, and was not made again, as something else failed.
echo '[ ! -e no ]' >bad.do
echo 'redo-ifchange bad gone' >z.do
redo-ifchange z 2>/dev/null
: >no
rm gone
echo '[ ! -e no ] || exit 1' >bad.do
fails redo-ifchange z
fails redo-ifchange z 2>said
is 0 "$(grep -c removed said)"
