# only: coolports
# What a run knows of environments, passwords and all, nobody else may read.
umask 0
echo 'ls -ld "$REDO_RUN" | cut -c1-10 >$3' >x.do
redo x
is drwx------ "$(cat x)"
