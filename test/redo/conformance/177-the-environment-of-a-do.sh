# only: coolports
# A .do sees the environment of the run, or another one of who asked for it; but no CDPATH, which would lead its cd astray.
mkdir -p sub other/sub
file all.do <<'X'
X=mine redo forced
redo-ifchange usual
X=mine redo-ifchange wanted
cd sub
: >here
X
echo 'echo "$X" >$3' >forced.do
echo 'echo "$X $NODE_EXTRA_CA_CERTS" >$3' | tee wanted.do >usual.do
: >certificates
CDPATH=$PWD/other NODE_EXTRA_CA_CERTS=$PWD/certificates X=run redo all
is mine "$(cat forced)"
is "run $PWD/certificates" "$(cat usual)"
is "mine $PWD/certificates" "$(cat wanted)"
[ -e sub/here ] || wrong 'it was led to another folder'
