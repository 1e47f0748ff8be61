# only: coolports
# The first line may have blanks before the name of the interpreter, as the kernel takes it.
printf '#! \t/usr/bin/env -S sh -eu\necho "${unset-none} $-" >$3\n' >x.do
redo x
case $(cat x) in 'none '*u*) ;; *) wrong "$(cat x)" ;; esac
