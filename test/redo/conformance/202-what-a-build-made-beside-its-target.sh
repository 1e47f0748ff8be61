# A rule, or a file that there was not, that a build made counts for what is asked for after it.
mkdir sub
file default.do <<'S'
case $1 in sub/*) echo top ;; *) exit 1 ;; esac
S
file mk.do <<'S'
redo-ifchange flag
case $(cat flag) in 1) echo 'echo sub' >sub/default.do; echo made >file ;; esac
echo mk
S
file w.do <<'S'
if [ -e file ]; then redo-ifchange file; cat file; else redo-ifcreate file; echo none; fi
S
cp w.do y.do
file all.do <<'S'
redo-ifchange sub/other w
redo-ifchange mk
redo-ifchange sub/y y
cat sub/y y >&2
S
echo 0 >flag
redo-ifchange all 2>/dev/null
is 'top none' "$(cat sub/y) $(cat y)"
sleep 0.05
echo 1 >flag
redo-ifchange all 2>/dev/null
is 'sub made' "$(cat sub/y) $(cat y)"
