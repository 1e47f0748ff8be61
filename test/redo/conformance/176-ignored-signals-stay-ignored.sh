# only: coolports
# A run ignores the signals that were ignored when it began, as under nohup; so do its scripts.
cat >x.do <<'X'
sh -c 'kill -HUP $$; echo resident' >$3
: >x.began
until [ -e go ]; do sleep 0.1; done
X
cat >y.do <<'Y'
#!/usr/bin/env sh
sh -c 'kill -INT $$; echo program' >$3
: >y.began
until [ -e go ]; do sleep 0.1; done
Y
trap '' HUP
redo -j2 x y 2>said &
redo=$!
for began in x.began y.began; do
  until [ -e "$began" ]; do sleep 0.1; done
done
kill -HUP "$redo"
# A shell that runs something in the background of a script lets it ignore this.
kill -INT "$redo"
sleep 0.3
: >go
wait "$redo" || wrong "$(cat said)"
is resident "$(cat x)"
is program "$(cat y)"
