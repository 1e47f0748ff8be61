# only: coolports
# What begins with a dash is an option of a command that asks, and a name behind "--"; what it cannot answer is an error.
status() { # COMMAND...
  "$@" >out 2>>said && echo 0 || echo $?
}
is 1 "$(status redo-whichdo -- x)"
: >default.do
for command in redo-whichdo redo-log redo-ood redo-targets redo-sources redo-always; do
  case $($command --help) in "Usage: $command"*) ;; *) false ;; esac
done
is 'default.do' "$(redo-whichdo -- --help | tail -n 1)"
is 2 "$(status redo-whichdo -x)"
is 2 "$(status redo-whichdo)"
is 2 "$(status redo-whichdo x y)"
is 2 "$(status redo-whichdo '')"
is 2 "$(status redo-ood -x)"
is 2 "$(status redo-ood x)"
is 2 "$(status redo-log)"
is 2 "$(status redo-log -x x)"
is 2 "$(status redo-log x y)"
rm said
is 1 "$(status redo-log x)"
is 'redo-log: cannot show the log of "x": it was never built' "$(cat said)"
is '' "$(cat out)"
# Outside of a .do nobody can depend on anything, and nothing is to be built where nothing is named.
for command in redo-always redo-ifcreate redo-stamp; do is 2 "$(status $command x)"; done
for command in redo redo-ifchange; do is 2 "$(status $command '')"; done
echo 'echo made >$3' >all.do
redo-ifchange
[ ! -e all ] || wrong 'it was built'
