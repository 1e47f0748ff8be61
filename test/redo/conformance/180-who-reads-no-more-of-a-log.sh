# only: coolports
# Who has seen enough of a log, and reads no more, is told of no error.
file x.do <<'X'
head -c 1000000 /dev/zero | tr '\0' x >&2
echo x >$3
X
redo x 2>/dev/null
redo-log x 2>said | head -c 1 >first
is x "$(cat first)"
is '' "$(cat said)"
