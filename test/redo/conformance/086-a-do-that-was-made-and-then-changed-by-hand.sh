# only: coolports
# A .do that was made by another one and changed by hand since is left alone, as any target is, with a warning.
echo 'redo-ifchange body; cat body >$3' >x.do.do
echo 'echo made >$3' >body
echo 'redo-ifchange x.do; redo-ifchange x; cat x >$3' >all.do
redo-ifchange all
is made "$(cat all)"
echo 'echo edited by hand >$3' >x.do
redo-ifchange x 2>said
is 'redo: x.do - you modified it; delete it to have it built again' "$(grep '^redo: ' said)"
is 'edited by hand' "$(cat x)"
echo 'echo made anew >$3' >body
redo-ifchange all
is 'edited by hand' "$(cat all)"
