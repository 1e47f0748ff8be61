# A list of thousands of names passes through xargs and in one call.
i=0
while [ $i -lt 3000 ]; do
  echo "source-number-$i-of-many.src"
  i=$((i + 1))
done >list
xargs touch <list
echo 'redo-ifchange list; xargs redo-ifchange <list; echo x >>runs; echo x >$3' >x.do
echo 'redo-ifchange list; redo-ifchange $(cat list); echo x >>runs; echo x >$3' >y.do
redo-ifchange x y
redo-ifchange x y
ran runs 2
echo 1 >source-number-2999-of-many.src
redo-ifchange x y
ran runs 4
