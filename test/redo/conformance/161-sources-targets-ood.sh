# only: coolports apenwarr
# redo-sources, redo-targets and redo-ood list what there is.
echo 1 >src
echo 'redo-ifchange src; cat src >$3' >x.do
redo-ifchange x
is 'src x.do' "$(echo $(redo-sources))"
is x "$(redo-targets)"
is '' "$(redo-ood)"
echo 22 >src
is x "$(redo-ood)"
