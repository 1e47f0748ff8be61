# only: coolports
# needs: make
# Started by make -j2 in a line without a plus, redo tells that it has one job, unless it was told how many.
file a.do <<'X'
echo x >$3
X
printf 'all:\n\tredo a\n' >Makefile
timeout 20 make -s -j2 all 2>said
is 1 "$(grep -c 'begin the line in the rule of that make with "+"' said)"
printf 'all:\n\tredo -j2 a\nplus:\n\t+redo a\n' >Makefile
timeout 20 make -s -j2 all plus 2>said
is 0 "$(grep -c make said)"
