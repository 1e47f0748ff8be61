# only: coolports
# A .do may make a folder of the name of its target itself: that is up to date while its inputs stay, and nobody's change.
echo 1 >src
echo 'redo-ifchange src; mkdir -p x; cp src x/copy; echo x >>runs' >x.do
redo-ifchange x
redo-ifchange x >said 2>&1
ran runs 1
is "" "$(cat said)"
for text in 22 333; do
  echo $text >src
  redo-ifchange x >said 2>&1
  is $text "$(cat x/copy)"
  ! grep -q 'you modified' said || wrong "$(cat said)"
done
redo-ifchange x
ran runs 3
