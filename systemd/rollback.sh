#!/bin/sh
# Goes back to the release before when the present one does not start. tellyport-rollback.service runs this as root, from the
# release that came with the box (/usr/lib/tellyport/rollback), never from the one that failed; deciding needs no Node.
#
# A release that has run well for a minute is not left: what stops it is something else. One that stops for the configuration is
# left only for one that can start with it. The rules of the folder are those of `tellyport release`: each change is a rename.
set -eu
umask 022
root=${TELLYPORT_RELEASES:-/var/lib/tellyport-releases}
base=$(dirname "$0")
unit=tellyport.service
# the daemon's exit code for a configuration that it cannot start with
configuration=78

say() { echo "tellyport-rollback: $*"; }

# Of the unit: $1 is a property of systemd.
property() { printf '%s\n' "$state" | sed -n "s/^$1=//p"; }

# The version that a link leads to; nothing for what is no whole release.
version_at() {
  target=$(readlink "$1" 2>/dev/null) || return 0
  version=${target#releases/}
  case $version in
    "" | [!0-9]* | *[!0-9A-Za-z.+~-]* | *..*) return 0 ;;
  esac
  # as the launcher has it
  if [ -s "releases/$version/cli.js" ] && [ -s "releases/$version/VERSION" ] &&
    [ -d "releases/$version/chunks" ] && [ -d "releases/$version/node_modules" ]; then echo "$version"; fi
}

# Whether a release can start with the configuration, as far as it can tell: $1 is its folder.
takes_configuration() {
  node=node
  for one in "$1/bin/node" "$base/bin/node"; do
    if [ -x "$one" ]; then node=$one && break; fi
  done
  status=0
  "$node" "$1/cli.js" check-config >/dev/null 2>&1 || status=$?
  [ "$status" -ne "$configuration" ]
}

look() {
  state=$(systemctl show "$unit" -p ActiveState -p SubState -p Result -p ExecMainStatus 2>/dev/null) || state=
}

# systemd 254 and later begin this at each failure, and once only while it runs: what comes of a restart that is near is waited
# for, since it may be that there is none.
look
tries=0
while [ "$tries" -lt 30 ]; do
  case $(property SubState) in
    auto-restart*) sleep 1 ;;
    *) break ;;
  esac
  tries=$((tries + 1))
  look
done
case $(property ActiveState) in
  failed | "") ;;
  *) say "$unit is begun again by itself: nothing to do" && exit 0 ;;
esac

if ! cd "$root" 2>/dev/null; then say "$root is not there: there are no other releases" && exit 0; fi
from=$(version_at current)
if [ -z "$from" ]; then
  say "the release that came with the box does not start, and nothing is before it: see journalctl -u $unit"
  exit 0
fi
if [ -e "marks/$from" ]; then
  say "release $from has run well before: another would not help. See journalctl -u $unit; tellyport release rollback goes back all the same"
  exit 0
fi

to=$(version_at previous)
if [ -z "$to" ] || [ "$to" = "$from" ] || [ -e "bad/$to" ]; then to=base; fi
reason=$(property Result | tr -cd 'a-z-')
if [ "$(property ExecMainStatus)" = "$configuration" ]; then
  reason=configuration
  folder=$base
  if [ "$to" != base ]; then folder=releases/$to; fi
  if ! takes_configuration "$folder"; then
    say "release $to cannot start with this configuration either: tellyport check-config says what is wrong with it"
    exit 0
  fi
fi

# Known to be bad first: a power cut from here on comes back to this script, or to the release before.
mkdir -p bad
: >"bad/$from"
at=$(date -u +%Y-%m-%dT%H:%M:%SZ)
printf '{"from":"%s","to":"%s","reason":"%s","at":"%s"}\n' "$from" "$to" "${reason:-unknown}" "$at" >rolled-back.new
sync
mv -f rolled-back.new rolled-back
if [ "$to" = base ]; then
  rm -f current
else
  rm -f current.new
  ln -s "releases/$to" current.new
  mv -fT current.new current
fi
sync
rm -f previous
say "release $from does not start (${reason:-unknown}): back to $to"
systemctl reset-failed "$unit" || true
systemctl --no-block start "$unit"
