# A target that begins with a dot has that as its extension: .key is made by default.key.do.
mkdir p
echo 'echo "$1 $2" >$3' >default.key.do
redo p/.key
is 'p/.key p/' "$(cat p/.key)"
echo 'echo own >$3' >p/.key.do
redo-ifchange p/.key
is own "$(cat p/.key)"
