printf '#!/usr/bin/env -S sh -eu\r\necho "${unset-none} $-" >$3\n' >y.do
redo y
case $(cat y) in 'none '*u*) ;; *) wrong "$(cat y)" ;; esac
