# A change of a source rebuilds what depends on it, directly or not, and nothing else.
echo 1 >a.src
echo 1 >b.src
echo 'redo-ifchange $2.src; echo x >>$2.runs; cat $2.src >$3' >default.mid.do
echo 'redo-ifchange a.mid b.mid; echo x >>top.runs; cat a.mid b.mid >$3' >top.do
redo-ifchange top
echo 22 >a.src
redo-ifchange top
is '22 1' "$(echo $(cat top))"
ran a.runs 2
ran b.runs 1
ran top.runs 2
