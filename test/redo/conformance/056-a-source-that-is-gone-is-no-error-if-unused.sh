# A source that is gone and not asked for any more does no harm.
echo 1 >a
echo 'if [ -e a ]; then redo-ifchange a; fi; echo x >>runs; echo x >$3' >x.do
redo-ifchange x
rm a
redo-ifchange x
ran runs 2
