# A file that was there before is not built, even if there is a rule for it.
echo mine >x
echo 'echo made >$3' >default.do
redo-ifchange x
is mine "$(cat x)"
