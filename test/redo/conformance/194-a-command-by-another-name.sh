# only: coolports
# A command that is called by a symlink to it finds what it needs, outside of a run and within.
mkdir links
for name in redo redo-ifchange redo-whichdo redo-log; do ln -s "$(command -v "$name")" links; done
file x.do <<'X'
redo-ifchange low
"$PWD/links/redo-ifchange" low
cat low >$3
X
echo 'echo said >&2; echo low >$3' >low.do
links/redo-ifchange x 2>/dev/null
is low "$(cat x)"
links/redo x 2>/dev/null
is x.do "$(links/redo-whichdo x)"
is said "$(links/redo-log low)"
