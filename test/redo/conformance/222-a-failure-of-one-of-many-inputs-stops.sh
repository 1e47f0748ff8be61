# Nothing new is started after the failure of an input, also where its target asked for more inputs at once.
echo 'redo-ifchange bad.i b.i c.i; echo x >$3' >first.do
echo 'redo-ifchange d.i; echo x >$3' >second.do
echo 'redo-ifchange first second; echo x >$3' >all.do
echo 'echo $2 >>begun; echo x >$3; [ "$2" != bad ]' >default.i.do
fails redo first second
is bad "$(cat begun)"
rm begun
fails redo all
is bad "$(cat begun)"
