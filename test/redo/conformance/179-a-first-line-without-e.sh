# only: coolports apenwarr
# A .do whose first line is #!/bin/sh goes on after a command that fails.
printf '#!/bin/sh\nfalse\necho on >$3\n' >x.do
redo x
is on "$(cat x)"
