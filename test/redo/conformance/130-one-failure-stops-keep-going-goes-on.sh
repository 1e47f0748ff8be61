# After a failure nothing new is started; with -k all else is built.
echo 'echo x >>ran.$2; echo x >$3; [ "$2" != bad ]' >default.t.do
fails redo a.t bad.t b.t
[ ! -e b.t ] || wrong 'went on'
fails redo -k a.t bad.t b.t
[ -e b.t ] || wrong 'did not go on'
