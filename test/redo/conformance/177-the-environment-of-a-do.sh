# only: coolports
# A .do sees the environment of the run, or of the redo that asked for it; but no CDPATH, which would lead its cd astray.
mkdir -p sub other/sub
file all.do <<'X'
X=mine redo forced
X=mine redo-ifchange wanted
cd sub
: >here
X
echo 'echo "$X" >$3' >forced.do
echo 'echo "$X $NODE_EXTRA_CA_CERTS" >$3' >wanted.do
: >certificates
CDPATH=$PWD/other NODE_EXTRA_CA_CERTS=$PWD/certificates X=run redo all
is mine "$(cat forced)"
is "run $PWD/certificates" "$(cat wanted)"
[ -e sub/here ] || wrong 'it was led to another folder'
