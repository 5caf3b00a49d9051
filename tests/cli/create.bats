#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
load lib

@test "create makes a stopped zone and says so in ls" {
  ok zone create "$Z" -t busybox
  same STOPPED "$(state "$Z")"
  [ -f "$ZONE_VAR/$Z/zone.conf" ]
  has "$(head -n 1 "$ZONE_VAR/$Z/zone.conf")" "^format = 1"
}

@test "a second create of the same name is 4 and changes nothing" {
  mk "$Z"
  local before
  before=$(zone info --json "$Z" | jq -c '[.created, .id_base, .backend]')
  refuse 4 "$Z" zone create "$Z" -t busybox
  same "$before" "$(zone info --json "$Z" | jq -c '[.created, .id_base, .backend]')"
}

@test "every zone has ids of its own: 65,536, aligned, in the range for containers" {
  mk "$Z-a"
  mk "$Z-b"
  local a b
  a=$(field "$Z-a" .id_base)
  b=$(field "$Z-b" .id_base)
  [ "$a" -ne "$b" ]
  same 0 $((a % 65536))
  [ "$a" -ge 524288 ] && [ $((a + 65535)) -le 1879048191 ]
  same "{\"inside\":0,\"outside\":$a,\"count\":65536}" "$(zone info --json "$Z-a" | jq -c '.ids[0] | {inside, outside, count}')"
}

@test "id ranges that /etc/subuid gives to others are left out" {
  mk "$Z"
  local base
  base=$(field "$Z" .id_base)
  awk -F: -v b="$base" '$2 < b + 65536 && $2 + $3 > b { exit 1 }' /etc/subuid || fail "id base $base is someone's"
}

@test "disk ids are canonical: the root on disk belongs to 0" {
  mk "$Z" -B dir
  same 0 "$(stat -c %u "$ZONE_VAR/$Z/rootfs/bin/busybox")"
  same 700 "$(stat -c %a "$ZONE_VAR/$Z")"
}

@test "-s sets keys, as set would" {
  mk "$Z" -s hostname=alpha -s limits.pids=100 -s user.note="a b"
  same alpha "$(zone get "$Z" hostname)"
  same 100 "$(zone get "$Z" limits.pids)"
  same "a b" "$(zone get "$Z" user.note)"
}

@test "unknown keys and wrong types are usage errors, and nothing remains" {
  refuse 2 "hostnam" zone create "$Z" -t busybox -s hostnam=a
  has "$stderr" "hostname"
  refuse 2 "limits.pids" zone create "$Z" -t busybox -s limits.pids=many
  refuse 2 . zone create "$Z" -t busybox -s limits.memory=12Q
  refuse 2 . zone create "$Z" -t busybox -s autostart=perhaps
  refuse 2 . zone create "$Z" -t busybox -s init.mode=turbo
  refuse 2 . zone create "$Z" -t busybox -s hostname
  [ ! -e "$ZONE_VAR/$Z" ]
  refuse 3 . zone info "$Z"
}

@test "-B: overlay and dir are taken, an unknown one is a usage error that lists them" {
  local b
  for b in overlay dir; do
    mk "$Z-$b" -B $b
    same $b "$(field "$Z-$b" .backend)"
  done
  refuse 2 "zfs" zone create "$Z" -t busybox -B zfs
  has "$stderr" "overlay"
}

@test "best is overlay on a plain file system" {
  mk "$Z"
  same overlay "$(field "$Z" .backend)"
}

@test "--size that the backend cannot hold to is 7, never ignored" {
  refuse 7 "size" zone create "$Z" -t busybox -B dir --size 1G
  refuse 2 . zone create "$Z" -t busybox --size lots
  [ ! -e "$ZONE_VAR/$Z" ]
}

@test "an unknown template is a usage error that names them" {
  refuse 2 "nosuch" zone create "$Z" -t nosuch
  has "$stderr" "busybox"
  refuse 2 . zone create "$Z" -t "$T/nosuch"
  [ ! -e "$ZONE_VAR/$Z" ]
}

@test "--privileged says what it opens, and has no user namespace" {
  run --separate-stderr zone create "$Z" -t busybox --privileged
  same 0 "$status"
  has "$stderr" "privileged|user namespace"
  same privileged "$(zone get "$Z" security.level)"
  same false "$(field "$Z" .unprivileged)"
}

@test "-t none has no root file system to start" {
  zone create "$Z" -t none
  run --separate-stderr zone start "$Z"
  [ "$status" -ne 0 ]
  has "$stderr" "/sbin/init"
}

@test "a root file system without init: 1, and it says what was looked for" {
  tiny_rootfs "$T/tree"
  rm "$T/tree/sbin/init"
  tar -C "$T/tree" -cJf "$T/noinit.tar.xz" .
  zone -q create "$Z" -t local -- -f "$T/noinit.tar.xz"
  refuse 1 "init" zone start "$Z"
  has "$stderr" "/sbin/init"
  has "$stderr" "/bin/sh|/etc/init|/usr/lib/systemd/systemd|/lib/systemd/systemd"
  same STOPPED "$(state "$Z")"
}

@test "an image of a foreign architecture is refused" {
  tiny_rootfs "$T/arm"
  # An ELF header that says AArch64.
  printf '\xb7\x00' | dd of="$T/arm/bin/busybox" bs=1 seek=18 conv=notrunc status=none
  tar -C "$T/arm" -cJf "$T/arm.tar.xz" .
  run --separate-stderr zone create "$Z" -t local -- -f "$T/arm.tar.xz"
  if [ "$status" -eq 0 ]; then run --separate-stderr zone start "$Z"; fi
  [ "$status" -ne 0 ]
  has "$stderr" "arch|arm64|aarch64"
}

@test "a full disk in the middle: nothing half-made is usable, and the next create works" {
  mkdir -p "$T/small"
  mount -t tmpfs -o size=1M,mode=700 zt-small "$T/small"
  run --separate-stderr zone -P "$T/small" create "$Z" -t busybox
  local status1=$status err1=$stderr
  mount -o remount,size=64M "$T/small"
  run --separate-stderr zone -P "$T/small" create "$Z" -t busybox -B dir
  local status2=$status err2=$stderr
  zone destroy -f "$Z" || true
  until_true 10 umount "$T/small"
  [ "$status1" -ne 0 ] || fail "the first should have failed"
  has "$err1" "No space left"
  same "0 " "$status2 $err2"
}

@test "a create that was killed leaves INCOMPLETE, which create refuses and destroy clears" {
  run env ZONE_TEST_FAIL_STEP=create:volume:kill zone create "$Z" -t busybox
  [ "$status" -ne 0 ]
  if [ -e "$ZONE_VAR/$Z" ]; then
    same INCOMPLETE "$(state "$Z")"
    refuse 4 "$Z" zone create "$Z" -t busybox
    has "$stderr" "destroy|repair"
    refuse 4 "$Z" zone start "$Z"
    zone destroy "$Z"
  fi
  mk "$Z"
}

@test "create from a cached image takes few fsyncs and a moment" {
  tiny_rootfs "$T/tree2"
  tar -C "$T/tree2" -cJf "$T/tiny.tar.xz" .
  zone -q create "$Z-first" -t local -- -f "$T/tiny.tar.xz"
  if command -v strace >/dev/null; then
    ASAN_OPTIONS=detect_leaks=0 strace -f -c -e trace=fsync,fdatasync,syncfs,sync -o "$T/strace" zone -q create "$Z-second" -t local -- -f "$T/tiny.tar.xz"
    local n
    n=$(awk '/sync/ { n += $4 } END { print n + 0 }' "$T/strace")
    [ "$n" -le 6 ] || fail "$n syncs" "$(cat "$T/strace")"
  else
    zone -q create "$Z-second" -t local -- -f "$T/tiny.tar.xz"
  fi
  same STOPPED "$(state "$Z-second")"
}

@test "a whole zone that the index does not know is never taken for rubbish" {
  mkdir -p "$ZONE_VAR/$Z/rootfs"
  echo kept >"$ZONE_VAR/$Z/rootfs/file"
  echo format=1 >"$ZONE_VAR/$Z/manifest"
  echo format=1 >"$ZONE_VAR/$Z/journal"
  refuse 4 'is not a zone' zone create "$Z" -t busybox
  same kept "$(cat "$ZONE_VAR/$Z/rootfs/file")"
  rm -r "${ZONE_VAR:?}/$Z"
}
