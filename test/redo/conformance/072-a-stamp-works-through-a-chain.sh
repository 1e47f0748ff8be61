# only: coolports apenwarr
# A stamp that stays also saves what depends on it only through others.
echo 1 >src
echo 'redo-ifchange src; wc -l <src >$3; echo x >>a.runs; redo-stamp <$3' >a.do
echo 'redo-ifchange a; echo x >>b.runs; cat a >$3' >b.do
echo 'redo-ifchange b; echo x >>c.runs; cat b >$3' >c.do
redo-ifchange c
echo 7777 >src
redo-ifchange c
ran a.runs 2
ran b.runs 1
ran c.runs 1
