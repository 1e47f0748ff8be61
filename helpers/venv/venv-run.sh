#!/bin/sh
# venv-run [OPTION...] [--] [COMMAND [ARGUMENT...]]: runs a command, or a shell, in the venv that this file
# belongs to. `venv-run --help` says more. It needs a POSIX sh and bwrap, and nothing of coolports.
# shellcheck disable=SC2016,SC2034,SC2154,SC2317,SC3013 # variables of `facts`, functions that are handed on, -ef
set -u

usage() {
  cat <<'END'
usage: venv-run [OPTION...] [--] [COMMAND [ARGUMENT...]]
  runs a command in the venv, or a shell: the top-level folders of its packages stand in place of the
  host's; all others, your home and the working directory are the host's
options:
  --pure        nothing of the host but what is named: no files, no network, no processes, no variables,
                and a home that is gone afterwards
  --bind PATH   shows a file or folder of the host all the same; what is written there stays
  --env NAME    keeps a variable of the environment, in a pure venv
  --net         leaves a pure venv the network
  --home        leaves a pure venv your home
  --merge NAME  keeps what the host has in /NAME, below what the packages have there
  --chdir DIR   the folder to start in
examples:
  venv-run make --version
  venv-run --pure --bind "$PWD" sh
exit status: that of the command, 128 and the number of the signal that ended it; 1 if bwrap cannot run it,
2 misuse, or a venv that lost its packages
END
}

# complain CANNOT WHY [MORE...]: says what is wrong, and ends.
complain() {
  printf 'venv-run: cannot %s: %s\n' "$1" "$2" >&2
  shift 2
  [ $# -eq 0 ] || printf '  %s\n' "$@" >&2
  exit 2
}

# What is opened must not become the input of the command.
true 2>/dev/null 9<&0 || exec </dev/null

# Where this file is now: a venv may be moved, and its name may end in a newline.
self=$(readlink -f -- "$0" && echo .) || complain 'find this venv' "$0 cannot be read"
state=${self%??}
state=${state%/bin/*}
# What bin/venv found out: place, layers, below, given, programs; is_top, each_top, each_top_link.
# shellcheck source=/dev/null
. "$state/facts"

# --- options ---------------------------------------------------------------------------------------------

# quote TEXT: leaves it in $quoted as one word that `eval` reads back.
quote() {
  quoted=\'
  rest=$1
  while :; do
    case $rest in *\'*) ;; *) break ;; esac
    quoted="$quoted${rest%%\'*}'\\''"
    rest=${rest#*\'}
  done
  quoted="$quoted$rest'"
}

# add WORD...: one more option of bwrap behind those in $options.
add() {
  for word; do
    quote "$word"
    options="$options $quoted"
  done
}

# option WORD...: takes in one option of this program; leaves in $taken how many words it was.
option() {
  taken=1
  case $1 in
    --pure) pure=yes ;;
    --net) net=yes ;;
    --home) home=yes ;;
    --bind | --env | --merge | --chdir)
      [ $# -gt 1 ] || complain run "$1 needs a value" 'see venv-run --help'
      taken=2
      case $1 in
        --bind) bind "$2" ;;
        --env) keep_variable "$2" ;;
        --merge) merge "${2#/}" ;;
        --chdir) case $2 in /*) folder=$2 ;; *) folder=${PWD%/}/$2 ;; esac ;;
      esac
      ;;
    *) complain run "there is no option $1" 'see venv-run --help' ;;
  esac
}

bind() {
  case $1 in /*) path=$1 ;; *) path=$PWD/$1 ;; esac
  [ -e "$path" ] || complain "bind $1" 'there is no such file or folder'
  top=${path#/}
  top=${top%%/*}
  if is_top "$top" && ! [ -e "$state/root$path" ]; then
    complain "bind $1" "/$top is the packages' here, and nothing can be added to it"
  fi
  options=$binds
  add --dev-bind "$path" "$path"
  binds=$options
}

# Where packages or the host have nothing of that name there is nothing to merge.
merge() {
  case $1 in *[!A-Za-z0-9._+-]* | '') complain "merge /$1" 'no top-level folder can be named so' ;; esac
  if ! is_top "$1" || ! [ -d "/$1" ]; then return; fi
  # In `root` what is no folder is a link.
  if [ -L "$state/root/$1" ]; then
    complain "merge /$1" 'packages have a symlink or a file there, and nothing can lie below that'
  fi
  merged="$merged $1"
}

# is_merged NAME
is_merged() {
  case " $merged " in *" $1 "*) ;; *) return 1 ;; esac
}

keep_variable() {
  case $1 in *[!A-Za-z0-9_]* | [0-9]* | '') complain "keep the variable $1" 'no variable can have that name' ;; esac
  eval "set -- $1 \"\${$1-}\" \"\${$1+set}\""
  [ -n "$3" ] || return 0
  kept="$kept $1"
  case $1 in
    # No shell lets these be set; nor are they secrets.
    UID | EUID | PPID | GROUPS | SHELLOPTS | BASHOPTS | BASH_VERSINFO)
      options=$unsettable
      add --setenv "$1" "$2"
      unsettable=$options
      ;;
    *)
      quote "$2"
      variables="$variables$1=$quoted
export $1
"
      ;;
  esac
}

pure='' net='' home='' binds='' variables='' unsettable='' kept='' merged='' folder=''
# Options that bin/venv was given come first.
if [ -n "$given" ]; then
  count=$#
  eval "set -- $given \"\$@\""
  while [ $# -gt "$count" ]; do
    option "$@"
    shift "$taken"
  done
fi
while [ $# -gt 0 ]; do
  case $1 in
    -h | --help) usage; exit 0 ;;
    --) shift; break ;;
    -*) option "$@"; shift "$taken" ;;
    *) break ;;
  esac
done

# --- what is there ---------------------------------------------------------------------------------------

command -v bwrap >/dev/null 2>&1 ||
  complain 'run a command in the venv' 'bwrap is not on PATH' "install your distribution's package of bubblewrap"
layer=0 names=''
while [ "$layer" -lt "$layers" ]; do
  names=$names${names:+:}$layer
  [ -d "$state/.layers/$layer/" ] ||
    complain "use the venv ${state%/.venv/*}" 'its store is gone, or a package of it' \
      "missing: $(readlink "$state/.layers/$layer")" 'put the store back, or run bin/venv again'
  layer=$((layer + 1))
done
if [ "$state" != "$place" ]; then
  printf 'venv-run: note: this venv was moved here; run bin/venv again, lest a gc of the store take its packages\n' >&2
fi
if [ -n "$below" ] && [ -e "${below%/*}/current" ] && ! [ "$below" -ef "${below%/*}/current" ]; then
  printf 'venv-run: note: the venv that this one stands upon has changed; run bin/venv -o here again to take that in\n' >&2
fi
# As long as somebody holds this lock, bin/venv leaves this state of the venv where it is.
if exec 8<"$state/packages"; then flock -s -n 8 8<&8 2>/dev/null || :; fi

# --- the command -----------------------------------------------------------------------------------------

# runs_here PATH: whether the venv has this program, as far as can be told from outside.
runs_here() {
  top=${1#/}
  top=${top%%/*}
  if is_top "$top"; then
    [ -x "$state/root$1" ] && return
    is_merged "$top" || return 1
  elif [ -n "$pure" ]; then
    return 1
  fi
  [ -x "$1" ]
}

if [ $# -eq 0 ]; then
  for shell in "${SHELL-}" /bin/sh /usr/bin/sh /bin/bash /bin/mksh /usr/bin/bash ''; do
    case $shell in /*) if runs_here "$shell"; then break; fi ;; esac
  done
  [ -n "$shell" ] || complain 'open a shell' 'the venv has none' \
    "add a package that has one, such as mksh, or keep the host's: venv-run --merge bin"
  set -- "$shell"
fi

# --- how the command is watched --------------------------------------------------------------------------

# What a shell starts beside itself does not see Ctrl-C, and by POSIX cannot learn to. Without an `env` that
# gives it back, or a place for bwrap to tell the command's process, bwrap takes our own place, and a signal
# that is sent to it alone ends it, and not the command.
told=${TMPDIR:-/tmp}/.venv-run.$$
watched=
if env --default-signal=INT,QUIT true 2>/dev/null && (set -C && : >"$told") 2>/dev/null; then
  # From here on the file has no name.
  exec 7<>"$told" && rm -f -- "$told" && watched=yes
fi

# --- what bwrap is to do ---------------------------------------------------------------------------------

# Who we are; a process to ask would take longer than all of this.
while read -r name _ number _; do
  case $name in Uid:) uid=$number ;; Gid:) gid=$number; break ;; esac
done </proc/self/status

# host_folders: all that the host has at its top, but for what the packages have.
host_folders() {
  for path in /* /.[!.]*; do
    if is_top "${path#/}" || ! [ -e "$path" ]; then continue; fi
    add --dev-bind "$path" "$path"
  done
}

# What a pure venv has in /etc of its own: nothing, where packages have something else there than a folder, or the
# host's is below theirs; files in a folder of its own; files below those of the packages.
own=
if [ -n "$pure" ]; then
  if ! is_top etc; then
    own=alone
  elif ! is_merged etc && ! [ -L "$state/root/etc" ]; then
    own=below
  fi
fi

# own_etc WAY: where packages have a folder /etc, an overlay takes these files in. Without one, the folder is put
# together from what packages have in it.
own_etc() {
  case $own$1 in '' | mounted | links | belowmounted) return ;; esac
  if [ "$own" = below ]; then
    add --perms 0755 --tmpfs /etc
    for path in "$state"/root/etc/* "$state"/root/etc/.[!.]*; do
      name=${path##*/}
      if [ -L "$path" ]; then
        target=$(readlink "$path" && echo .)
        add --symlink "${target%??}" "/etc/$name"
      elif [ -d "$path" ]; then
        add --ro-bind "$path" "/etc/$name"
      fi
    done
  fi
  if [ -n "$net" ]; then
    for name in resolv.conf hosts nsswitch.conf; do
      if [ -e "/etc/$name" ] && ! has_setting "$name"; then add --ro-bind "/etc/$name" "/etc/$name"; fi
    done
  fi
  if [ "$1" = mounted ]; then
    add --ro-bind "$state/.mnt/own/etc/passwd" /etc/passwd --ro-bind "$state/.mnt/own/etc/group" /etc/group
  else
    # Descriptors with their text: see `named`.
    has_setting passwd || add --perms 0644 --file 4 /etc/passwd
    has_setting group || add --perms 0644 --file 5 /etc/group
  fi
  [ "$own" = alone ] || add --remount-ro /etc
}

# has_setting NAME: whether packages have that below /etc.
has_setting() {
  [ -e "$state/root/etc/$1" ] || [ -L "$state/root/etc/$1" ]
}

# own_folders: what a pure venv has in place of those.
own_folders() {
  add --proc /proc --dev /dev --perms 1777 --tmpfs /tmp --perms 0755 --dir /home --perms 0755 --dir /run
  if [ -z "$home" ]; then
    add --perms 0700 --tmpfs /home/venv
  elif [ -d "${HOME-}" ]; then
    add --dev-bind "$HOME" "$HOME"
  fi
  own_etc "$1"
}

# package_top WAY NAME: a folder or file that packages have at their top; read-only, for it is the store's.
# Where no overlay can be mounted, WAY is `links`: a folder of links to the packages' own takes its place.
package_top() {
  if [ "$own $2" = 'below etc' ]; then
    [ "$1" = mounted ] || return 0
    from=$state/.mnt/merged
  elif [ "$1" = mounted ] && is_merged "$2"; then
    from=$state/.mnt/merged
  elif [ "$layers" -eq 1 ]; then
    from=$state/.layers/0
  elif [ "$1" = mounted ]; then
    from=$state/.mnt/root
  else
    from=$state/root
  fi
  add --ro-bind "$from/$2" "/$2"
}

# variable NAME VALUE: one that a pure venv has, unless that of the host is kept.
variable() {
  case " $kept " in *" $1 "*) ;; *) add --setenv "$1" "$2" ;; esac
}

# bwrap_options WAY: leaves all of them in $options.
bwrap_options() {
  options=
  [ -z "$watched" ] || add --info-fd 7
  if [ -n "$pure" ]; then
    add --unshare-user --uid "$uid" --gid "$gid" --unshare-pid --unshare-ipc --unshare-uts --unshare-cgroup-try \
      --cap-drop ALL --hostname venv
    if [ -z "$variables" ]; then
      add --clearenv
    else
      # What shells make on the way.
      for name in PWD OLDPWD SHLVL _; do
        case " $kept " in *" $name "*) ;; *) add --unsetenv "$name" ;; esac
      done
    fi
    [ -n "$net" ] || add --unshare-net
    # Without a terminal of its own to lose, the command gets none to type into.
    [ -t 0 ] || add --new-session
    if [ -n "$home" ]; then variable HOME "${HOME-/}"; else variable HOME /home/venv; fi
    # An empty one would be the working directory.
    variable PATH "${programs:-/bin}"
    variable TMPDIR /tmp
    variable TERM "${TERM-dumb}"
    options="$options$unsettable"
    own_folders "$1"
  else
    # Root stays root; others are themselves again, whatever `unshare` made of them.
    [ -n "$privileged" ] || add --unshare-user --uid "$uid" --gid "$gid"
    # So would be an empty part of it.
    [ -z "$programs" ] || add --setenv PATH "$programs${PATH:+:$PATH}"
    host_folders
  fi
  each_top package_top "$1"
  each_top_link add --symlink
  if [ "$1" = links ] && { [ "$layers" -gt 1 ] || [ "$own" = below ]; }; then
    layer=0
    while [ "$layer" -lt "$layers" ]; do
      add --ro-bind "$state/.layers/$layer" "/.layers/$layer"
      layer=$((layer + 1))
    done
  fi
  options="$options$binds"
  [ -z "$folder" ] || add --chdir "$folder"
}

# --- namespaces ------------------------------------------------------------------------------------------

# `named` USER:GROUP WORD...: runs these words with the texts of /etc/passwd and /etc/group at descriptors.
named='
named() {
  user=$1
  shift
  exec "$@" 4<<PASSWD 5<<GROUP
venv:x:$user::/home/venv:/bin/sh
PASSWD
venv:x:${user#*:}:
GROUP
}
'

# Mounts what is to be merged, in namespaces of its own, and goes on with bwrap. libmount's newer way of
# mounting takes no more than 255 letters of options.
# $1 the state, $2 the layers, $3 the folders to merge, $4 user and group, $5 bwrap's options, $6 those without
# overlays, $7 `own` and `net`, then the command.
enter='
overlay() { # LAYERS FOLDER
  LIBMOUNT_FORCE_MOUNT2=always mount -t overlay -o "ro,nosuid,userxattr,lowerdir=$1" overlay "$2" 2>/dev/null
}
prepare() {
  layers=$1
  mount -t tmpfs -o mode=0755,nosuid,nodev venv ../.mnt && mkdir ../.mnt/root ../.mnt/merged || return
  umask 022
  mkdir ../.mnt/own ../.mnt/own/etc
  echo "venv:x:$3::/home/venv:/bin/sh" >../.mnt/own/etc/passwd
  echo "venv:x:${3#*:}:" >../.mnt/own/etc/group
  case $layers in *:*) overlay "$layers" ../.mnt/root || return ;; esac
  for top in $2; do merge "$top" "/$top" || return; done
  case $4 in
    below*)
      case $4 in *yes) for name in resolv.conf hosts nsswitch.conf; do copy "$name"; done ;; esac
      merge etc ../.mnt/own/etc
      ;;
  esac
}
merge() { # TOP WHAT LIES BELOW IT
  under=
  for layer in $(IFS=:; echo $layers); do
    if [ -d "$layer/$1" ] && ! [ -L "$layer/$1" ]; then under=$under$layer/$1:; fi
  done
  mkdir "../.mnt/merged/$1" && overlay "$under$2" "../.mnt/merged/$1"
}
copy() {
  [ ! -r "/etc/$1" ] || cat "/etc/$1" >"../.mnt/own/etc/$1"
}
if (cd "$1/.layers" && prepare "$2" "$3" "$4" "$7"); then
  set -- "$5" "$@"
elif [ -n "$3" ]; then
  echo "venv-run: cannot merge /$3: no overlay can be mounted here" >&2
  exit 2
elif [ -n "$7" ]; then
  eval "user=\$4; shift 7; named \"\$user\" bwrap $6 -- \"\$@\""
else
  set -- "$6" "$@"
fi
eval "shift 8; exec bwrap $1 -- \"\$@\""
'

privileged='' spaces='unshare -U -r -m'
if [ "$uid" = 0 ] && unshare -m true 2>/dev/null; then privileged=yes spaces='unshare -m'; fi
bwrap_options links
linked=$options
bwrap_options mounted
if [ "$layers" -eq 1 ] && [ -z "$merged$pure" ]; then
  eval "set -- bwrap $options -- \"\$@\""
elif [ -n "$privileged" ] || $spaces true 2>/dev/null; then
  # shellcheck disable=SC2086
  set -- $spaces sh -c "$named$enter" sh "$state" "$names" "${merged# }" "$uid:$gid" "$options" "$linked" \
    "$own${own:+$net}" "$@"
elif [ -n "$merged" ]; then
  complain "merge /${merged# }" 'no overlay can be mounted here: this user may not make namespaces'
elif [ -n "$own" ]; then
  eval "set -- sh -c \"\$named\"'named \"\$@\"' sh \"\$uid:\$gid\" bwrap $linked -- \"\$@\""
else
  eval "set -- bwrap $linked -- \"\$@\""
fi

# Variables that are kept come by a descriptor into an environment that has nothing else: the words of a process
# are for everybody to read, its environment is not.
if [ -n "$pure" ] && [ -n "$variables" ]; then
  case " $kept " in *' PATH '*) ;; *) quote "$PATH"; variables="PATH=$quoted
export PATH
$variables" ;; esac
  set -- env -i "$(command -v sh)" -c '. /dev/fd/6; exec 6<&-; exec "$@"' sh "$@"
else
  variables=
fi

# Then the command itself holds the lock on the state. (mksh hands on what the command's own line names, and no more.)
if [ -z "$watched" ]; then
  [ -n "$variables" ] || exec "$@"
  exec "$@" 6<<END
$variables
END
fi

# --- signals ---------------------------------------------------------------------------------------------

# command_process: leaves in $process the number of the command's process, or nothing.
command_process() {
  process=
  while read -r name number; do
    case $name in '"child-pid":') process=${number%,} ;; esac
  done </dev/fd/7
  [ -n "$process" ] && [ -n "$pure" ] || return 0
  # In a pure venv that is the first process of its own, which hears no signals. Its only child is on a line
  # without an end.
  number=
  { read -r number _ <"/proc/$process/task/$process/children" || :; } 2>/dev/null
  process=${number:-$process}
}

# pass SIGNAL: hands on what was sent to this process alone, as soon as the command is there.
pass() {
  again=yes early=$1
  [ -n "$child" ] || return
  command_process
  kill -s "$1" "${process:-$child}" 2>/dev/null || :
}

# is_running PROCESS
is_running() {
  { read -r about <"/proc/$1/stat"; } 2>/dev/null || return
  case ${about##*) } in [ZX]*) return 1 ;; esac
}

child='' early=''
for signal in HUP TERM USR1 USR2; do
  # shellcheck disable=SC2064
  trap "pass $signal" "$signal"
done
# These come from a terminal, which tells the command itself.
trap 'again=yes' INT QUIT
exec 9<&0
if [ -z "$variables" ]; then
  env --default-signal=INT,QUIT "$@" <&9 7>&7 8<&- 9<&- &
else
  env --default-signal=INT,QUIT "$@" <&9 7>&7 8<&- 9<&- 6<<END &
$variables
END
fi
child=$!
[ -z "$early" ] || pass "$early"
exec 9<&-
again=yes
while [ -n "$again" ]; do
  again=
  wait "$child"
  status=$?
  kill -0 "$child" 2>/dev/null || break
done
# Ctrl-C ends bwrap, even where the command goes on: then wait for that.
case $status in
  130 | 131)
    command_process
    while [ -n "$process" ] && is_running "$process"; do sleep 0.1; done
    ;;
esac
exit "$status"
