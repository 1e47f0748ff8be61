#!/bin/sh
# The name of a package's key: the sha256 of its .pkgkey.
set -eu
exec >&2
redo-ifchange "$2.pkgkey"
hash=$(sha256sum <"$2.pkgkey")
echo "${hash%% *}" >"$3"
