# shellcheck shell=sh
# Sourced by the doors that build: sees to it that the programs of the system are there.

# need_program PROGRAM PACKAGE: installs what is missing where that is ours to do (root on a Debian
# system), else names the command for this distribution and ends.
need_program() {
  command -v "$1" >/dev/null 2>&1 && return
  id_like=$(. /etc/os-release 2>/dev/null && echo "${ID-} ${ID_LIKE-}") || id_like=
  case " $id_like " in
    *' debian '* | *' ubuntu '*) install="apt-get install -y $2" ;;
    *' fedora '* | *' rhel '*) install="dnf install -y $2" ;;
    *' alpine '*) install="apk add $2" ;;
    *' arch '*) install="pacman -S --noconfirm $2" ;;
    *' suse '* | *' opensuse '*) install="zypper install -y $2" ;;
    *) install= ;;
  esac
  case $install in
    apt-get*)
      if [ "$(id -u)" = 0 ]; then
        echo "coolports: installing $2 (for $1)" >&2
        {
          # A fresh image has no package lists yet.
          DEBIAN_FRONTEND=noninteractive $install || { apt-get update && DEBIAN_FRONTEND=noninteractive $install; }
        } >&2 </dev/null
        command -v "$1" >/dev/null 2>&1 && return
      fi
      ;;
  esac
  echo "coolports: cannot build: $1 is missing" >&2
  if [ -n "$install" ]; then echo "  install it: sudo $install" >&2; else echo "  install your distribution's package of $2" >&2; fi
  exit 2
}
