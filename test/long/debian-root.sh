#!/bin/sh
# A Debian of any processor as a folder, and programs within it. As root.
#   debian-root.sh make ARCH DIR           makes it: Debian 13, small
#   debian-root.sh enter DIR COMMAND...    runs a command in it
# What is foreign runs under qemu. That is known only in a user namespace of the command's own: the machine's programs are
# not touched. Its network is the machine's.
set -eu

# Within the namespace: qemu is told to the kernel, and the folder gets /proc and a /dev.
inside() {
  root=$1 && shift
  mount -t proc proc /proc
  mount -t binfmt_misc none /proc/sys/fs/binfmt_misc
  for name in aarch64 arm; do
    [ "$name" != "$(uname -m)" ] || continue
    # F: the interpreter is opened here, and needs not be in the folder; OC: it gets the rights and name of the program
    sed "s,:[^:]*:[A-Z]*\$,:/usr/bin/qemu-$name-static:OCF," "/usr/lib/binfmt.d/qemu-$name.conf" >/proc/sys/fs/binfmt_misc/register
  done
  mount -t tmpfs tmpfs "$root/dev"
  for device in null zero full random urandom tty; do
    : >"$root/dev/$device" && mount --bind "/dev/$device" "$root/dev/$device"
  done
  mkdir "$root/dev/shm"
  ln -s /proc/self/fd "$root/dev/fd"
  mount --rbind /proc "$root/proc"
  export PATH=/usr/sbin:/usr/bin:/sbin:/bin DEBIAN_FRONTEND=noninteractive LC_ALL=C.UTF-8
  unset NODE_EXTRA_CA_CERTS NODE_OPTIONS
  exec chroot "$root" "$@"
}

# Ids in the namespace are those outside of it, so that files belong to whom they seem to.
enter() {
  gate=$(mktemp -u) && mkfifo "$gate"
  unshare --user --mount --pid --fork --kill-child sh -c 'read -r _ <"$0"; rm -f "$0"; exec sh "$@"' "$gate" "$0" inside "$@" &
  child=$!
  inner=
  while [ -z "$inner" ]; do
    sleep 0.1
    kill -0 "$child"
    read -r inner _ <"/proc/$child/task/$child/children" || : # no newline ends it
  done
  echo 0 0 65536 >"/proc/$inner/uid_map"
  echo 0 0 65536 >"/proc/$inner/gid_map"
  trap 'kill -TERM "$inner" 2>/dev/null' TERM INT
  echo >"$gate"
  # a trapped signal ends the first wait
  wait "$child" || wait "$child"
}

# debootstrap's own second stage asks perl about every package in turn, which takes half an hour under qemu.
make() {
  arch=$1 root=$2
  debootstrap --variant=minbase --foreign --arch="$arch" --include=systemd,libatomic1,libstdc++6 trixie "$root"
  : >"$root/var/lib/dpkg/available" && : >>"$root/var/lib/dpkg/status"
  # shellcheck disable=SC2016
  enter "$root" sh -c 'cd /var/cache/apt/archives
    for first in base-passwd base-files dpkg libc6 perl-base mawk; do dpkg --force-depends --install ${first}_*.deb; done
    dpkg --force-depends --force-confold --unpack *.deb
    dpkg --configure -a && rm -f *.deb'
  rm -rf "$root/debootstrap"
  # Nothing starts by itself in a folder.
  printf '#!/bin/sh\nexit 101\n' >"$root/usr/sbin/policy-rc.d" && chmod 755 "$root/usr/sbin/policy-rc.d"
}

"$@"
