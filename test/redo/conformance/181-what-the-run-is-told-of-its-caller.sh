# only: coolports
# A jobserver that make tells of counts with the pipes that were inherited alone, and node is told which: it opens some of its own.
mkdir bin
printf '#!/bin/sh\necho "pipes ${COOLPORTS_PIPES-untold} "\n' >bin/node
chmod +x bin/node
mkfifo fifo
told() { # MAKEFLAGS
  MAKEFLAGS=$1 PATH=$PWD/bin:$PATH redo x 7<>fifo 8</dev/null
}
pipes=$(told '-j --jobserver-auth=7,8')
case $pipes in
*' 8 '*) wrong "a file is a pipe: $pipes" ;;
*' 7 '*) ;;
*) wrong "$pipes" ;;
esac
is 'pipes untold ' "$(told '-k')"
