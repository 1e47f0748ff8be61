# A file that neither exists nor can be built is an error.
echo 'redo-ifchange nowhere; echo x >$3' >x.do
fails redo x
fails redo-ifchange nowhere
