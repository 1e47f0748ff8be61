# Neither success nor failure leaves anything but the target.
echo 'echo 1 >$3' >good.do
echo 'echo 1 >$3; exit 1' >bad.do
redo good
fails redo bad
rm -f said
is 'bad.do good good.do' "$(echo *)"
