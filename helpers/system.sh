# shellcheck shell=sh
# Sourced by the doors that build: sees to it that the programs of the system are there.

# need_program PROGRAM: installs what is missing where that is ours to do (root on a Debian system),
# else names the command for this distribution and ends.
need_program() {
  command -v "$1" >/dev/null 2>&1 && return
  know_system "$1"
  if [ "$family:$(id -u)" = debian:0 ]; then
    echo "coolports: installing $package (for $1)" >&2
    # What fails here is told below.
    install_debian "$package" >&2 </dev/null || :
    command -v "$1" >/dev/null 2>&1 && return
  fi
  echo "coolports: cannot go on: $1 is missing" >&2
  echo "  $(remedy_for "$1")" >&2
  exit 2
}

# remedy_for PROGRAM: one line that tells how it is installed here.
remedy_for() {
  know_system "$1"
  sudo='sudo '
  [ "$(id -u)" != 0 ] || sudo=
  if [ -n "$install" ]; then
    echo "install it: $sudo$install $package"
  else
    echo "install your distribution's package of $package"
  fi
}

# know_system PROGRAM: sets the family of this distribution, its command that installs, and the program's package.
know_system() {
  # shellcheck disable=SC1091
  distribution=$(. /etc/os-release 2>/dev/null && echo "${ID-} ${ID_LIKE-}") || distribution=
  case " $distribution " in
    *' debian '* | *' ubuntu '*) family=debian install='apt-get install -y' ;;
    *' fedora '* | *' rhel '*) family=fedora install='dnf install -y' ;;
    *' alpine '*) family=alpine install='apk add' ;;
    *' arch '*) family=arch install='pacman -S --noconfirm' ;;
    *' suse '* | *' opensuse '*) family=suse install='zypper install -y' ;;
    *' void '*) family=void install='xbps-install -S' ;;
    *) family=unknown install= ;;
  esac
  package=$(package_of "$1" "$family")
}

# package_of PROGRAM FAMILY: the package that holds a program; most often of its own name.
package_of() {
  case $1:$2 in
    bwrap:*) echo bubblewrap ;;
    xz:debian) echo xz-utils ;;
    shellcheck:fedora | shellcheck:suse) echo ShellCheck ;;
    busybox:debian | busybox:alpine | busybox:suse) echo busybox-static ;;
    recsel:*) echo recutils ;;
    lowntfs-3g:*) echo ntfs-3g ;;
    ipfs_cid:*) echo ipfs-cid ;;
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
