#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# The main job on a real Debian system with systemd: every command, its output and its time.
#   tests/demo/demo.sh path/to/zone
# The image comes from the default image server; where that does not answer within a few seconds a Debian 12
# image is built from the machine's own package mirror, published into a signed static tree, and downloaded from
# a web server on loopback: the same path through the program. Everything is kept in a directory of its own,
# removed at the end: zones of an installed system are not touched.
set -euo pipefail

here=$(dirname "$(readlink -f "$0")")
# shellcheck source=tests/web.bash
. "$here/../web.bash"
zone_bin=$(readlink -f "${1:?usage: demo.sh path/to/zone}")
[ "$(id -u)" -eq 0 ] || { echo "the demo needs root: sudo make demo" >&2; exit 5; }

# A bridge of that name belongs to an installed system: then use a network namespace of our own.
if [ -e /sys/class/net/zonebr0 ] && [ -z "${ZONE_DEMO_NETNS:-}" ]; then
  echo "zonebr0 exists on this host: the demo runs in a network namespace of its own"
  "$here/../debian-image.sh" >/dev/null
  ZONE_DEMO_NETNS=1 exec unshare --net -- bash -c 'ip link set lo up; exec "$@"' - "$0" "$1"
fi

work=$(mktemp -d /var/tmp/zone-demo.XXXXXX)
export ZONE_ETC=$work/etc ZONE_VAR=$work/var ZONE_RUN=$work/run ZONE_CACHE=$work/cache
unset ZONE_PATH
PATH=$(dirname "$zone_bin"):$PATH
name=demo
began=$EPOCHREALTIME

finish() {
  local status=$?
  trap - EXIT
  if [ $status -ne 0 ]; then
    printf '\nthe demo failed (%s)\n' "$status" >&2
    zone console --log "$name" 2>/dev/null | tail -n 20 >&2 || true
  fi
  zone destroy -f -s "$name" >/dev/null 2>&1 || true
  zone image prune --all >/dev/null 2>&1 || true
  web_stop
  rm -rf --one-file-system "$work"
  exit $status
}
trap finish EXIT
trap 'exit 130' INT TERM

seconds() { # since $1
  awk -v a="$1" -v b="$EPOCHREALTIME" 'BEGIN { printf "%.3f", b - a }'
}

# Print a command line, run it, print how long it took.
show() {
  local from=$EPOCHREALTIME status=0
  printf '\n# %s\n' "$1"
  eval "$1" </dev/null || status=$?
  printf -- '-- %s s\n' "$(seconds "$from")"
  return $status
}

echo "zone's main job on $(uname -sr), $(. /etc/os-release && echo "$PRETTY_NAME"), $(nproc) processors"

cd "$work" # so that the lines below stay short
download="-d debian -r bookworm"
if show "timeout 12 zone create -t download -- --list $download -a $(dpkg --print-architecture) --timeout 8" &&
  show "zone create $name -t download -- $download"; then
  echo "the default image server answers"
else
  echo
  echo "The default image server cannot be used: a Debian image is made from this machine's package mirror."
  image=$("$here/../debian-image.sh" bookworm)
  ln -s "$image" rootfs.tar.xz
  gpg_key "$work/gpg"
  show "zone image publish rootfs.tar.xz --dir tree $download --sign ${GPG_KEY: -16} --gnupghome $PWD/gpg"
  gpgconf --homedir "$work/gpg" --kill all
  web_start "$work/tree" "$work/web"
  server="--server https://localhost:$WEB_PORT --keyring gpg/key.gpg --cafile web/ca.pem"
  show "zone create -t download -- --list $server"
  show "zone create $name -t download -- $download $server"
fi
show "zone start --wait=ready $name"
show "zone ls -f"
show "zone info $name"
show "zone exec $name -- systemctl is-system-running --wait"
show "zone exec $name -- dpkg-query -W systemd apt"
show "zone exec $name -- ip -4 -brief address show eth0"
gateway=$(zone exec "$name" -- ip -4 route show default | awk '{ print $3; exit }')
show "zone exec $name -- ping -c 2 -i 0.2 -W 2 $gateway"
show "zone console --log $name | tail -n 8"
show "zone snapshot $name -c 'as it came up'"
show "zone snapshot -L $name"
show "zone stop $name"
show "zone destroy -s $name"
show "zone ls"
printf '\nall of it worked, in %s s\n' "$(seconds "$began")"
