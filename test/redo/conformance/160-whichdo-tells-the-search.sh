# only: coolports apenwarr
# redo-whichdo prints the places that were searched, the found one last.
mkdir a
: >default.c.do
is 'a/x.b.c.do a/default.b.c.do a/default.c.do a/default.do default.b.c.do default.c.do' "$(echo $(redo-whichdo a/x.b.c))"
