# shellcheck shell=sh disable=SC2154
# Sourced by the doors that take packages, after `coolports` was set to the root of the tree.

# package_name WORD: sets `name` to the package that a word means: its name, pkg/NAME, or any path that leads
# into pkg/ of this tree, as . does from inside of the package's folder. Fails for a path that leads elsewhere,
# lest it be taken for a package that is merely called the same. Whether there is such a package is not asked.
package_name() {
  name=$1
  while :; do case $name in ?*/) name=${name%/} ;; *) break ;; esac; done
  case $name in
    ./pkg/*) plain=${name#./pkg/} ;;
    pkg/*) plain=${name#pkg/} ;;
    *) plain=$name ;;
  esac
  case $plain in
    . | .. | */*) ;;
    *) name=$plain; return 0 ;;
  esac
  # Of a package that is to be begun, only the folder above is there.
  if folder=$(CDPATH='' cd -- "$name" 2>/dev/null && pwd -P); then
    :
  elif folder=$(CDPATH='' cd -- "${name%/*}/" 2>/dev/null && pwd -P); then
    folder=${folder%/}/${name##*/}
  else
    return 1
  fi
  name=${folder##*/}
  [ "$folder" = "$coolports/pkg/$name" ]
}
