# only: coolports
# Who was built while a stamped target failed is built again when that succeeds, though its stamp is the old one.
echo 'redo-ifchange src; cat src >$3; echo same | redo-stamp; grep -q good src' >x.do
echo 'if redo-ifchange x; then echo good >$3; else echo bad >$3; fi' >y.do
for text in good bad good; do
  echo $text >src
  redo-ifchange y
  is $text "$(cat y)"
done
