#!/bin/sh
# A disk image of Debian 13 arm64 with Tellyport in it, without booting anything. As root.
#   image.sh root SOURCE WORK PACKAGES   WORK/root: SOURCE with udev, a kernel's modules, and the packages; WORK/kernel
#   image.sh disk LABEL MB FILE [FOLDER] an ext4 file system with what the folder holds
# SOURCE is made by test/long/debian-root.sh. Packages are chosen and fetched by the machine's own apt for the other system.
set -eu
here=$(dirname "$(readlink -f "$0")")
enter() { sh "$here/../long/debian-root.sh" enter "$@"; }

# What the image needs beside the packages: a device manager, what `tellyport release` unpacks with.
NEEDED="udev kmod xz-utils"
# Of the kernel's modules; a box's image has few.
MODULES="kernel/drivers/virtio kernel/drivers/char kernel/drivers/block/virtio_blk* kernel/drivers/net/virtio_net*
  kernel/drivers/net/net_failover* kernel/net/core kernel/fs/ext4 kernel/fs/jbd2 kernel/fs/mbcache* kernel/fs/autofs kernel/fs/fuse kernel/lib kernel/crypto
  kernel/arch kernel/drivers/media/dvb-core kernel/drivers/media/dvb-frontends kernel/drivers/media/common kernel/drivers/media/mc
  kernel/drivers/media/rc kernel/drivers/media/test-drivers kernel/drivers/media/v4l2-core kernel/drivers/media/tuners
  kernel/drivers/i2c"

# The machine's apt, for the system in WORK/root; from the machine's own mirror of Debian, or the one that TELLYPORT_DEBIAN names.
foreign_apt() {
  program=$1 && shift
  mkdir -p "$work/apt/lists/partial" "$work/apt/cache/archives/partial" "$work/apt/etc"
  mirror=${TELLYPORT_DEBIAN:-$(apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' | grep -v security | head -n 1)}
  echo "deb $mirror trixie main" >"$work/apt/etc/sources.list"
  "$program" -q -o APT::Architecture=arm64 -o APT::Architectures::=arm64 -o APT::Sandbox::User=root -o APT::Install-Recommends=false \
    -o Acquire::Languages=none -o Dir::State="$work/apt" -o Dir::State::status="$work/root/var/lib/dpkg/status" -o Dir::Cache="$work/apt/cache" \
    -o Dir::Etc::SourceList="$work/apt/etc/sources.list" -o Dir::Etc::SourceParts=/dev/null -o Dir::Etc::TrustedParts=/etc/apt/trusted.gpg.d "$@"
}

root() {
  source=$(readlink -f "$1") work=$2 packages=$(readlink -f "$3")
  mkdir -p "$work" && work=$(readlink -f "$work")
  rm -rf "$work/root" "$work/kernel" "$work/debs"
  mkdir -p "$work/kernel" "$work/debs"
  cp -a "$source" "$work/root"
  foreign_apt apt-get update
  # shellcheck disable=SC2086
  foreign_apt apt-get install --download-only --yes $NEEDED
  kernel=$(foreign_apt apt-cache depends linux-image-arm64 | sed -n 's/.*Depends: \(linux-image-[^ ]*\)/\1/p' | head -n 1)
  (cd "$work/debs" && foreign_apt apt-get download "$kernel" busybox-static)
  dpkg-deb -x "$work"/debs/linux-image-*.deb "$work/kernel/all"
  dpkg-deb -x "$work"/debs/busybox-static_*.deb "$work/kernel/busybox"
  release=$(ls "$work"/kernel/all/boot | sed -n 's/^vmlinuz-//p')
  cp "$work/kernel/all/boot/vmlinuz-$release" "$work/kernel/vmlinuz"
  modules=$work/kernel/all/usr/lib/modules/$release
  [ -d "$modules" ] || modules=$work/kernel/all/lib/modules/$release
  to=$work/root/usr/lib/modules/$release
  mkdir -p "$to"
  # shellcheck disable=SC2086
  (cd "$modules" && for one in $MODULES modules.builtin modules.order modules.builtin.modinfo; do [ ! -e "$one" ] || echo "$one"; done |
    tar -cf - -T -) | tar -xf - -C "$to"
  rm -rf "$work/kernel/all"
  echo "$release" >"$work/kernel/release"

  mkdir -p "$work/root/tmp/debs"
  cp "$work"/apt/cache/archives/*.deb "$packages"/tellyport_*_arm64.deb "$packages"/tellyport-node_*_arm64.deb "$work/root/tmp/debs/"
  # Whatever tried the folder before.
  enter "$work/root" dpkg --purge tellyport tellyport-node >/dev/null 2>&1 || :
  enter "$work/root" sh -c 'dpkg -i $(ls /tmp/debs/*.deb | grep -v /tellyport) && dpkg -i /tmp/debs/tellyport-node*.deb && dpkg -i /tmp/debs/tellyport_*.deb &&
    depmod "$1" && tellyport --version' sh "$release"
  rm -rf "$work/root/tmp" "$work/root/debootstrap" "$work"/root/root/.[!.]* "$work/root/usr/sbin/policy-rc.d"
  mkdir -m 1777 "$work/root/tmp"
}

disk() {
  rm -f "$3"
  mke2fs -q -t ext4 -L "$1" -E root_owner=0:0 ${4:+-d "$4"} "$3" "$2M"
}

"$@"
