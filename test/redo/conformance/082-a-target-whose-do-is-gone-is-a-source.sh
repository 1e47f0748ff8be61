# only: coolports
# A target whose .do is gone, or leads nowhere, is a source, also one of redo-always, and one whose last build failed.
echo 'redo-always; echo made >$3' >always.do
echo 'redo-ifchange good; echo made >$3; grep -q yes good' >failed.do
echo 'redo-ifchange always failed; cat always failed >$3' >all.do
echo yes >good
redo-ifchange all
echo no >good
fails redo-ifchange all
rm always.do failed.do
ln -s nowhere failed.do
redo-ifchange all
is 'made
made' "$(cat all)"
