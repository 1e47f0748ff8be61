# Beyond a symlink, .. is the folder above on disk.
mkdir -p real/deep
ln -s real/deep link
echo 'echo x >$3' >real/x.do
redo link/../x
[ -e real/x ]
