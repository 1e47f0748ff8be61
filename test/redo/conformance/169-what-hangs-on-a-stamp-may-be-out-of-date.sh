# only: coolports
# redo-ood lists a target that a stamp may spare, too: it has to be looked at closer.
echo 'redo-always; echo y >$3; redo-stamp <$3' >y.do
echo 'redo-ifchange y; echo x >$3' >x.do
redo-ifchange x
is 'x y' "$(echo $(redo-ood))"
