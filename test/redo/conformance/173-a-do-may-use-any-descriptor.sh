# A .do may have uses of its own for the descriptors up to 9.
echo 'echo $2 >$3' >default.t.do
for fd in 3 4 5 6 7 8 9; do
  file w$fd.do <<X
exec $fd>out$fd
redo-ifchange a$fd.t
echo written >&$fd
exec $fd>&-
redo-ifchange b$fd.t
cat a$fd.t b$fd.t >\$3
X
  echo read >in$fd
  echo "exec $fd<in$fd; redo-ifchange c$fd.t; cat <&$fd >\$3" >r$fd.do
done
redo-ifchange w3 w4 w5 w6 w7 w8 w9 r3 r4 r5 r6 r7 r8 r9 2>said
for fd in 3 4 5 6 7 8 9; do
  is "a$fd b$fd" "$(echo $(cat w$fd))"
  is written "$(cat out$fd)"
  is read "$(cat r$fd)"
done
