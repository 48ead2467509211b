#!/bin/sh
# Installs this folder's release into an image or on a box without a package manager.
#   ./install.sh                     on this box (as root)
#   ./install.sh --root DIR          into an image's root folder
#   ./install.sh --prefix /opt/tellyport   elsewhere than /usr/lib/tellyport
# Node.js 20.19 or later has to be there: as PREFIX/bin/node, or on the PATH.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
root=
prefix=/usr/lib/tellyport
while [ $# -gt 0 ]; do
  case $1 in
    --root) root=${2:?"--root needs a folder"} && shift 2 ;;
    --prefix) prefix=${2:?"--prefix needs a folder"} && shift 2 ;;
    --help | -h) sed -n '2,6s/^# //p' "$0" && exit 0 ;;
    *) echo "install.sh takes --root DIR and --prefix DIR; not \"$1\"" >&2 && exit 64 ;;
  esac
done
case $prefix in
  /*) prefix=${prefix%/} ;;
  *) echo "install.sh: --prefix is a path on the box, and begins with /; not \"$prefix\"" >&2 && exit 64 ;;
esac
[ -z "$root" ] || [ -d "$root" ] || { echo "install.sh: there is no folder $root" >&2 && exit 66; }

install -d "$root/etc/tellyport" "$root$prefix" "$root/usr/bin" "$root/usr/lib/systemd/system" "$root/usr/share/doc/tellyport"
for part in chunks loops node_modules web; do
  rm -rf "${root}${prefix:?}/$part"
  cp -R "$here/$part" "$root$prefix/$part"
done
install -m 0644 "$here/cli.js" "$here/cloud.js" "$here/dvb-thread.js" "$here/package.json" "$here/VERSION" "$root$prefix/"
install -m 0755 "$here/launch" "$root$prefix/"
for name in tellyport tellyport-cloud; do ln -sfn "$prefix/launch" "$root/usr/bin/$name"; done
install -m 0644 "$here/README.md" "$here/LICENSE" "$here/NOTICE" "$root/usr/share/doc/tellyport/"
for part in docs examples; do
  install -d "$root/usr/share/doc/tellyport/$part"
  install -m 0644 "$here/$part"/* "$root/usr/share/doc/tellyport/$part/"
done
install -m 0644 "$here"/systemd/*.service "$here"/systemd/*.socket "$root/usr/lib/systemd/system/"
[ "$prefix" = /usr/lib/tellyport ] ||
  sed -i "s|/usr/lib/tellyport/|$prefix/|" "$root/usr/lib/systemd/system/tellyport-rollback.service"
for kind in sysusers.d tmpfiles.d modules-load.d udev; do
  to=$root/usr/lib/$kind
  [ "$kind" != udev ] || to=$to/rules.d
  install -d "$to" && install -m 0644 "$here/systemd/$kind"/* "$to/"
done
install -m 0755 "$here/systemd/rollback.sh" "$root$prefix/rollback"
for updater in rauc swupdate; do
  install -d "$root$prefix/$updater"
  install -m 0755 "$here/$updater/post-install" "$here/$updater/mark-good" "$root$prefix/$updater/"
done
echo "Installed in ${root:-/}. Next: systemd-sysusers and systemd-tmpfiles --create (both take --root), then systemctl enable --now tellyport."
