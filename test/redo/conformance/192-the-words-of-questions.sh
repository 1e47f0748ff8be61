# only: coolports
# The questions of people and those of scripts refuse the same words.
echo 'for words in "redo-whichdo" "redo-targets x" "redo-sources --x"; do $words 2>>said && echo yes >>said; done; :' >x.do
redo-ifchange x 2>/dev/null
is 'redo: cannot run: it wants one target' "$(sed -n 1p said)"
is 'redo: cannot run: it wants no arguments' "$(sed -n 2p said)"
is 'redo: cannot run: there is no option --x' "$(sed -n 3p said)"
is 3 "$(wc -l <said | tr -d ' ')"
