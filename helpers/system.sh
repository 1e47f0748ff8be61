# shellcheck shell=sh
# Sourced by the doors that build: sees to it that the programs of the system are there.

# need_program PROGRAM: installs what is missing where that is ours to do (root on a Debian system),
# else names the command for this distribution and ends.
need_program() {
  command -v "$1" >/dev/null 2>&1 && return
  # shellcheck disable=SC1091
  distribution=$(. /etc/os-release 2>/dev/null && echo "${ID-} ${ID_LIKE-}") || distribution=
  case " $distribution " in
    *' debian '* | *' ubuntu '*) family=debian install='apt-get install -y' ;;
    *' fedora '* | *' rhel '*) family=fedora install='dnf install -y' ;;
    *' alpine '*) family=alpine install='apk add' ;;
    *' arch '*) family=arch install='pacman -S --noconfirm' ;;
    *' suse '* | *' opensuse '*) family=suse install='zypper install -y' ;;
    *) family=unknown install= ;;
  esac
  package=$(package_of "$1" "$family")
  sudo='sudo '
  if [ "$(id -u)" = 0 ]; then
    sudo=
    if [ "$family" = debian ]; then
      echo "coolports: installing $package (for $1)" >&2
      # What fails here is told below.
      install_debian "$package" >&2 </dev/null || :
      command -v "$1" >/dev/null 2>&1 && return
    fi
  fi
  echo "coolports: cannot go on: $1 is missing" >&2
  if [ -n "$install" ]; then
    echo "  install it: $sudo$install $package" >&2
  else
    echo "  install your distribution's package of $package" >&2
  fi
  exit 2
}

# package_of PROGRAM FAMILY: the package that holds a program; most often of its own name.
package_of() {
  case $1:$2 in
    bwrap:*) echo bubblewrap ;;
    xz:debian) echo xz-utils ;;
    shellcheck:fedora | shellcheck:suse) echo ShellCheck ;;
    busybox:debian | busybox:alpine | busybox:suse) echo busybox-static ;;
    recsel:*) echo recutils ;;
    g++:fedora | g++:suse) echo gcc-c++ ;;
    g++:arch) echo gcc ;;
    clang++-14:*) echo clang-14 ;;
    *) echo "$1" ;;
  esac
}

# A fresh image has no package lists yet.
install_debian() (
  export DEBIAN_FRONTEND=noninteractive
  apt-get install -y "$1" || { apt-get update && apt-get install -y "$1"; }
)
