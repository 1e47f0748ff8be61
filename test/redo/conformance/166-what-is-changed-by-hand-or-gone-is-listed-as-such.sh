# only: coolports
# A target changed by hand is listed as a source until it is deleted; a source that is gone is no source, and never out of date.
echo 1 >src
echo 'redo-ifchange src; cat src >$3' >x.do
redo-ifchange x
echo mine >x
is 'src x x.do' "$(echo $(redo-sources))"
is '' "$(redo-targets)"
rm x src
is x.do "$(redo-sources)"
is x "$(redo-targets)"
is x "$(redo-ood)"
