# `command -v` tells of a command of redo something that others can start.
echo 1 >src
echo 'echo src | xargs "$(command -v redo-ifchange)"; cat src >$3' >x.do
file y.do <<'EOF'
path=$(command -v redo-ifchange 2>/dev/null || echo none)
env "$path" src
if command -v redo-ifchange >/dev/null 2>&1; then cat src >$3; fi
EOF
redo-ifchange x y
echo 22 >src
redo-ifchange x y
is '22 22' "$(cat x) $(cat y)"
