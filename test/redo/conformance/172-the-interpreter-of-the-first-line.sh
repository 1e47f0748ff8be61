# only: coolports apenwarr
# The first line may name another interpreter.
printf '#!/usr/bin/env -S sh -eu\necho shell >$3\n' >x.do
redo x
is shell "$(cat x)"
