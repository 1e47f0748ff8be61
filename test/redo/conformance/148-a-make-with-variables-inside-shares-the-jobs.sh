# needs: make
# A make that is given variables, and starts redo, passes its jobs on to the makes inside builds.
cat >Makefile <<'M'
all:
	+@redo x
M
cat >inner.mk <<'M'
all: 1 2
1 2:
	@echo $@ begins $(V) >>trace; sleep 0.5; echo $@ ends >>trace
M
echo 'make -f inner.mk >&2; echo x >$3' >x.do
make -j3 V=variable all >said 2>&1
[ -e x ] || wrong "$(cat said)"
! grep -q 'jobserver' said || wrong "$(cat said)"
is 'begins begins' "$(head -n 2 trace | cut -d ' ' -f 2 | tr '\n' ' ' | sed 's/ $//')"
is 'variable variable' "$(head -n 2 trace | cut -d ' ' -f 3 | tr '\n' ' ' | sed 's/ $//')"
