# only: coolports
# What begins with a dash is an option of a command that asks, and a name behind "--".
: >default.do
for command in redo-whichdo redo-log redo-ood redo-targets redo-sources redo-always; do
  case $($command --help) in "Usage: $command"*) ;; *) false ;; esac
done
is 'default.do' "$(redo-whichdo -- --help | tail -n 1)"
is 2 "$(redo-whichdo -x 2>/dev/null || echo $?)"
is 2 "$(redo-ood -x 2>/dev/null || echo $?)"
