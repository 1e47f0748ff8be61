# only: coolports apenwarr
# A .do that writes nothing leaves no file, even if there was one.
echo 'redo-ifchange src; cat src >tmp; if [ -s tmp ]; then cp tmp $3; fi; rm tmp' >x.do
echo 1 >src
redo-ifchange x
[ -e x ]
: >src
redo-ifchange x
[ ! -e x ] || wrong 'the old target stays'
