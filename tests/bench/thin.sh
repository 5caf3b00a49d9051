#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Measure create, clone, snapshot, restore and what removes them on a thin pool, with roots of two sizes:
# tests/bench/thin.sh DEVICE [ROUNDS [MEGABYTES…]], as root; the device becomes the pool. In the guest of the vm lane, where
# device-mapper is, that is `/srv/zone/tests/bench/thin.sh /dev/vdb` in tests/vm/run shell. It is no test.
set -euo pipefail

device=$1 rounds=${2:-5}
shift $(($# < 2 ? $# : 2))
sizes=("${@:-100}")
[ $# -gt 0 ] || sizes=(100 4000)
work=$(mktemp -d /var/tmp/zone-thin.XXXXXX)
declare -A times=()

end() {
  zone destroy -f -s --all || true
  zone image prune --all >/dev/null || true
  zone pool rm bench || true
  rm -rf "$work"
}

# A tarball of a root with MEGABYTES in files of 80 kB: links to one directory, packed as what they lead to, each anew.
tarball() { # MEGABYTES
  local n tree=$work/tree
  rm -rf "$tree"
  mkdir -p "$tree"/{bin,sbin,etc,dev,proc,sys,run,tmp,root,data}
  cp "$(command -v busybox)" "$tree/bin/busybox"
  ln -sf busybox "$tree/bin/sh"
  ln -sf ../bin/busybox "$tree/sbin/init"
  head -c 8000000 /dev/urandom | split -a 2 -b 80k - "$tree/data/f"
  for n in $(seq $(($1 / 8 - 1))); do ln -s data "$tree/data$n"; done
  tar -C "$tree" -h --hard-dereference -I 'zstd -q -1 --long=24' -cf "$work/$1.tar.zst" .
}

# Milliseconds of COMMAND become one more of CASE.
took() { # CASE COMMAND…
  local name=$1 began=${EPOCHREALTIME/./}
  shift
  "$@" >/dev/null
  times[$name]+="$(((${EPOCHREALTIME/./} - began) / 1000)) "
  sync
}

median() { tr ' ' '\n' | grep . | sort -n | awk '{ v[NR] = $1 } END { print v[int((NR + 1) / 2)] }'; }

trap end EXIT
zone pool create bench --lvm "$device"
for size in "${sizes[@]}"; do
  tarball "$size"
  create=(zone -q -P bench create new -t local -s net.eth0.type=none -- -f "$work/$size.tar.zst")
  "${create[@]}" # unpacks it, and makes the volume that the others are copies of
  zone destroy new
  zone -q -P bench create "b$size" -t local -s net.eth0.type=none -- -f "$work/$size.tar.zst"
  zone snapshot "b$size" -N base
  for _ in $(seq "$rounds"); do
    took "$size create, cached image" "${create[@]}"
    took "$size destroy" zone destroy new
    took "$size clone" zone clone "b$size" new
    zone destroy new
    took "$size snapshot" zone snapshot "b$size" -N more
    took "$size snapshot -d" zone snapshot -d more "b$size"
    took "$size restore" zone snapshot -r base "b$size"
  done
done
echo "a program that does nothing of LVM's: $(for _ in $(seq "$rounds"); do
  began=${EPOCHREALTIME/./}
  lvm version >/dev/null
  echo "$(((${EPOCHREALTIME/./} - began) / 1000)) "
done | median) ms"
for name in "${!times[@]}"; do printf '%6s MB %-24s %6d ms\n' "${name%% *}" "${name#* }" "$(median <<<"${times[$name]}")"; done | sort -k3,3 -k1,1n
