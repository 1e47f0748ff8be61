# only: coolports
# A source that changes after a script has read it, and before it asks for it again, makes the target out of date.
echo 1 >a
cat >x.do <<'X'
redo-ifchange a
read=$(cat a)
[ "$read" = 2 ] || echo 2 >a
redo-ifchange a
echo "$read" >$3
echo x >>runs
X
redo-ifchange x
is 1 "$(cat x)"
redo-ifchange x
is 2 "$(cat x)"
redo-ifchange x
ran runs 2
