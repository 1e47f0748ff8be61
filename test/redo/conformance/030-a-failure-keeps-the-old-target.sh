# When a .do fails, the target of its last success stays, and the next run tries again.
echo old >src
echo 'redo-ifchange src; echo x >>runs; cat src >$3; [ "$(cat src)" != bad ]' >x.do
redo-ifchange x
echo bad >src
fails redo-ifchange x
is old "$(cat x)"
fails redo-ifchange x
ran runs 3
echo good >src
redo-ifchange x
is good "$(cat x)"
