# only: coolports
# Calls at a time in one .do, more than there is room for at first, are answered however long it takes to make more.
mkdir bin
# Not by `command -v`: to busybox it is a part of the shell.
for mkfifo in /usr/bin/mkfifo /bin/mkfifo; do [ ! -x "$mkfifo" ] || break; done
printf '#!/bin/sh\n"%s" "$@" && sleep 0.3\n' "$mkfifo" >bin/mkfifo
chmod +x bin/mkfifo
echo 'sleep 0.1; echo made >$3' >default.made.do
cat >x.do <<'END'
for n in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
  redo-ifchange $n.made & all="${all-} $!"
done
for one in $all; do wait $one; done
END
PATH=$PWD/bin:$PATH redo-ifchange x
is made "$(cat 20.made)"
