# only: coolports
# However many ways lead down to a stamped target, what lies between is checked, and nothing of it is built.
# Of other implementations one walks down each way, of which there are two to the 24th.
echo 1 >src
echo 'redo-ifchange src; echo same >$3; echo x >>s.runs; redo-stamp <$3' >s.do
file default.layer.do <<'X'
n=${1%.layer}
n=${n#?}
if [ "$n" = 0 ]; then redo-ifchange s; else redo-ifchange "a$((n - 1)).layer" "b$((n - 1)).layer"; fi
echo "$n" >$3
echo x >>layer.runs
X
redo-ifchange a24.layer
ran layer.runs 49
echo 22 >src
redo-ifchange a24.layer
ran s.runs 2
ran layer.runs 49
