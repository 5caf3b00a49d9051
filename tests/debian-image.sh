#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Build a root tarball of Debian from the mirror that this machine's apt uses, and print its path. Built once per
# suite and package list; the demo and the tests share it. Root, network.
#   tests/debian-image.sh [bookworm|testing|…] [systemd|sysv|openrc]
set -euo pipefail
# shellcheck source=tests/debian.bash
. "$(dirname "$(readlink -f "$0")")/debian.bash"

suite=${1:-bookworm}
init=${2:-systemd}
packages=iproute2,iputils-ping,libcap2-bin,procps
case $init in
systemd) packages=systemd,systemd-sysv,dbus,$packages name=$suite ;;
sysv) packages=sysvinit-core,$packages name=$suite-sysv ;;
openrc) packages=sysvinit-core,openrc,$packages name=$suite-openrc ;;
*)
  echo "$init: systemd, sysv or openrc" >&2
  exit 2
  ;;
esac
cache=${ZONE_TEST_CACHE:-/var/cache/zone-tests}
key=$(printf '%s %s 1' "$suite" "$packages" | sha256sum | cut -c1-12)
out=$cache/debian-$name-$key.tar.xz

mkdir -p "$cache"
exec 9>"$cache/.lock"
flock -w 900 9
if [ -s "$out" ]; then
  echo "$out"
  exit 0
fi

mirror=$(mirror_main)
apt_options=()
mirror_options apt_options

echo "building Debian $name from $mirror" >&2
trap 'rm -f "$out.part.tar"' EXIT
# shellcheck disable=SC2016 # the hook is for the shell of mmdebstrap
timeout 600 mmdebstrap --quiet --variant=minbase --include="$packages" "${apt_options[@]}" \
  --dpkgopt='path-exclude=/usr/share/doc/*' --dpkgopt='path-exclude=/usr/share/man/*' \
  --dpkgopt='path-exclude=/usr/share/locale/*' \
  --customize-hook='rm -f "$1"/etc/machine-id "$1"/etc/hostname "$1"/etc/resolv.conf; : >"$1"/etc/machine-id' \
  "$suite" "$out.part.tar" "$mirror" >&2
xz -T0 -1 --stdout "$out.part.tar" >"$out.part"
mv "$out.part" "$out"
echo "$out"
