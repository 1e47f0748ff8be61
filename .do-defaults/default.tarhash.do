#!/bin/sh
# The identity of a package's bytes: the sha256 of its tar, whatever wrapped it.
set -eu
exec >&2
redo-ifchange "$2.pkg.tar.gz"
gzip -t "$2.pkg.tar.gz"
hash=$(gzip -dc "$2.pkg.tar.gz" | sha256sum)
echo "${hash%% *}" >"$3"
