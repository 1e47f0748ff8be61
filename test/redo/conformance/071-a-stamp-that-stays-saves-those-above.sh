# Those who depend on a stamped target are built only when its stamp changed.
echo 1 >src
echo 'redo-always; cat src >$3; echo x >>mid.runs; redo-stamp <$3' >mid.do
echo 'redo-ifchange mid; echo x >>top.runs; cat mid >$3' >top.do
redo-ifchange top
redo-ifchange top
ran mid.runs 2
ran top.runs 1
echo 22 >src
redo-ifchange top
ran top.runs 2
is 22 "$(cat top)"
