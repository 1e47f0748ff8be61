# only: coolports
# A run ignores the signals that were ignored when it began, as under nohup; so do its scripts, but for that by which it ends them.
# A .do that says "$$" itself has a shell of its own.
echo 'kill -"$1" $$; echo "$2" ignores "$1"' >signal.sh
cat >x.do <<'X'
sh signal.sh HUP resident >$3 || :
sh signal.sh TERM resident >>$3 || :
: >x.began
until [ -e go ] || [ ! -e x.do ]; do sleep 0.1; done
X
cat >y.do <<'Y'
#!/usr/bin/env sh
sh signal.sh INT program >$3
sh signal.sh TERM program >>$3
: >y.began
until [ -e go ] || [ ! -e x.do ]; do sleep 0.1; done
Y
trap '' HUP TERM
redo -j2 x y 2>said &
redo=$!
trap - HUP TERM
for began in x.began y.began; do
  until [ -e "$began" ]; do sleep 0.1; done
done
# A shell that runs something in the background of a script lets it ignore INT and QUIT.
for signal in HUP INT QUIT TERM; do kill -"$signal" "$redo"; done
sleep 0.3
: >go
wait "$redo" || wrong "$(cat said)"
is 'resident ignores HUP' "$(cat x)"
is 'program ignores INT' "$(cat y)"
