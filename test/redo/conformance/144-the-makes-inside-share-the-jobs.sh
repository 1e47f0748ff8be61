# needs: make
# A make inside a .do runs as many jobs as redo may, and not more.
printf 'all: 1 2 3 4 5 6\n1 2 3 4 5 6:\n\t@mkdir slot1 2>/dev/null || mkdir slot2; sleep 0.1; rmdir slot1 2>/dev/null || rmdir slot2; echo $$$$ >>made\n' >Makefile
echo 'exec >&2; make all; echo x >$3' >x.do
redo -j2 x
ran made 6
