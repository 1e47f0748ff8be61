# only: coolports apenwarr
# A script such as `clean` may remove .redo; then nothing is known, and the next run begins anew.
echo 'echo made >$3' >x.do
echo 'rm -rf x .redo' >clean.do
echo 'redo sweep; rm -rf .redo' >distclean.do
echo 'rm -f x' >sweep.do
echo 'redo-ifchange x' >all.do
for how in clean distclean; do
  redo x
  redo $how
  [ ! -e .redo ] || wrong "$how left .redo"
  [ ! -e x ] || wrong "$how left x"
done
redo-ifchange x
echo other >x
fails redo clean all
grep -q '[.]redo .*\(removed\|disappeared\)' said
redo all
is made "$(cat x)"
