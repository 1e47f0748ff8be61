# only: coolports
# What a script left in the background may not ask any more when the script has ended: nothing would depend on the answer.
file late.sh <<'X'
until [ -e t ]; do sleep 0.05; done
code=0
redo-ifchange b 2>late.said || code=$?
echo $code >code
X
echo 'sh late.sh & echo t >$3' >t.do
echo 'until [ -e code ]; do sleep 0.05; done; echo x >$3' >hold.do
echo 'echo b >$3' >b.do
timeout 20 redo -j2 t hold
is 1 "$(cat code)"
grep -q 'the script that asks has ended' late.said || wrong "$(cat late.said)"
[ ! -e b ] || wrong 'it was built'
