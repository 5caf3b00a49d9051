#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
# Pools of btrfs and of loop; those of lvm are in lvm.bats.
load lib

P=pool # of the file's own places: nobody else sees it
prepare_file() { POOLS=$ZONE_VAR/.pools; export POOLS; }
teardown() {
  zone destroy -f -s --all
  if [ -n "$(of_pool .name)" ]; then zone pool rm $P; fi
  same "" "$(find "$POOLS" -mindepth 1 ! -name '.lock' 2>/dev/null)"
}

of_pool() { zone pool ls --json | jq -r --arg p "$P" ".[] | select(.name == \$p) | $1"; }

@test "btrfs: a file of its own; zones are put there by -P NAME; removed with all of it" {
  ok zone pool create $P --btrfs --size 1G
  same "" "$output$stderr"
  zone pool ls --json | jq -e --arg p "$POOLS/$P" '
    .[0] | .backend == "btrfs" and .state == "READY" and .path == $p and .source == ($p + ".img") and
      .size_bytes > 1000000000 and .used_bytes > 0 and .zones == []'
  zone -q -P $P create "$Z" -t busybox
  same btrfs "$(field "$Z" .backend)"
  same "$POOLS/$P/$Z" "$(field "$Z" .path)"
  zone start "$Z"
  zone snapshot "$Z"
  same "$Z" "$(of_pool '.zones | join(" ")')"
  has "$(zone pool ls)" "^$P +btrfs +READY +1\.0 GiB +.* 1 +$POOLS/$P.img$"
  refuse 4 "zones live in it: $Z" zone pool rm $P
  zone destroy -f -s "$Z"
  ok zone pool rm $P
  [ ! -e "$POOLS/$P.img" ]
}

@test "btrfs: on a file that is named, on a block device; never over what has something" {
  zone pool create $P --btrfs "$T/file.img" --size 300M
  zone pool rm $P
  [ ! -e "$T/file.img" ]
  truncate -s 300M "$T/there.img"
  refuse 2 "is there" zone pool create $P --btrfs "$T/there.img"
  local device
  device=$(losetup -f --show "$T/there.img")
  refuse 2 "size.* all of the device" zone pool create $P --btrfs "$device" --size 120M
  zone pool create $P --btrfs "$device"
  zone -q -P $P create "$Z" -t busybox
  zone destroy "$Z"
  zone pool rm $P
  refuse 1 "^zone: pool create $P: " zone pool create $P --btrfs "$device" # has a btrfs now
  same "[]" "$(zone pool ls --json | jq -c .)"
  losetup -d "$device"
  rm "$T/there.img"
}

@test "btrfs: a size that is less than what is there is refused, whether quotas are on or not; all goes on" {
  zone pool create $P --btrfs --size 1G
  zone -q -P $P create "$Z" -t busybox
  head -c 10M /dev/urandom | zone push "$Z" - /root/f
  local n
  for n in 1 2; do
    refuse 2 "root.size: 1.* are in it, and 2.0 MiB is less: a root does not shrink" zone set "$Z" root.size=2M
    refuse 3 "not set" zone get "$Z" root.size
  done
  ok zone set "$Z" root.size=50M
  ok zone unset "$Z" root.size
  ok zone set "$Z" root.size=40M
  refuse 2 "it is 40.0 MiB" zone set "$Z" root.size=30M
  zone start "$Z"
  run zone exec "$Z" -- dd if=/dev/zero of=/root/big bs=1M count=50 conv=fsync # it is full
  [ "$status" -ne 0 ]
  ok zone set "$Z" root.size=60M
  zone exec "$Z" -- rm /root/big
  zone stop -k "$Z"
  ok zone snapshot "$Z"
  ok zone snapshot -r snap0 "$Z"
  ok zone clone "$Z" "$Z-b"
  tiny_rootfs "$T/tree"
  head -c 5M /dev/urandom >"$T/tree/root/f"
  tar -C "$T/tree" -cf "$T/tree.tar" .
  run --separate-stderr zone -P $P create "$Z-c" -t local --size 2M -- -f "$T/tree.tar"
  [ "$status" -ne 0 ]
  has "$stderr" "root.size: .* is less|[Qq]uota"
  refuse 3 . zone info "$Z-c"
  rm -r "$T/tree" "$T/tree.tar"
}

@test "loop: a directory; its zones have a file each, of the file system asked for" {
  mkdir "$T/dir"
  chmod 711 "$T/dir"
  zone pool create $P --loop "$T/dir" --fs btrfs
  zone -q -P $P create "$Z" -t busybox
  same loop "$(field "$Z" .backend)"
  same btrfs "$(zone get "$Z" root.fs)"
  [ -e "$T/dir/$Z/root.img" ]
  zone -q -P $P create "$Z-b" -t busybox -B dir # another backend when it is asked for
  same dir "$(field "$Z-b" .backend)"
  refuse 4 "$Z" zone pool rm $P
  zone destroy "$Z" "$Z-b"
  zone pool rm $P
  [ -d "$T/dir" ]
}

@test "after a boot it comes up by itself, at any command that needs it" {
  zone pool create $P --btrfs --size 500M
  zone -q -P $P create "$Z" -t busybox
  until_true 10 umount "$POOLS/$P"
  same STOPPED "$(state "$Z")"
  until_true 10 umount "$POOLS/$P"
  ok zone start "$Z"
  same RUNNING "$(state "$Z")"
}

@test "its file is gone: its zones are UNAVAILABLE, everything else works, also without it" {
  zone pool create $P --btrfs "$T/file.img" --size 500M
  zone -q -P $P create "$Z" -t busybox
  mk "$Z-b"
  until_true 10 umount "$POOLS/$P"
  mv "$T/file.img" "$T/away"
  same UNAVAILABLE "$(state "$Z" 2>/dev/null)"
  same UNAVAILABLE "$(of_pool .state)"
  refuse 4 UNAVAILABLE zone start "$Z"
  refuse 4 UNAVAILABLE zone snapshot "$Z"
  refuse 4 "directory .* is missing" zone snapshot -L "$Z"
  ok zone start "$Z-b"
  ok zone ls --json
  same "UNAVAILABLE RUNNING" "$(jq -r '[.[].state] | join(" ")' <<<"$output")"
  mv "$T/away" "$T/file.img"
  ok zone start "$Z"
  same READY "$(of_pool .state)"
}

@test "what is wrong in a command is said before anything is made" {
  refuse 2 "one of --btrfs" zone pool create $P
  refuse 2 "one of --btrfs" zone pool create $P --btrfs --loop
  refuse 2 "fs" zone pool create $P --btrfs --fs xfs
  refuse 2 "size" zone pool create $P --loop --size 1G
  refuse 2 "^zone: pool create $P: there is no device /dev/zz" zone pool create $P --btrfs "/dev/zz$Z"
  [ ! -e "/dev/zz$Z" ]
  refuse 2 "absolute" zone pool create $P --btrfs some/file
  refuse 2 "not a directory" zone pool create $P --loop "$T/nosuch"
  refuse 2 . zone pool create ../p --btrfs
  refuse 2 . zone pool create .p --btrfs
  refuse 3 "^zone: pool rm $P: no such pool: $P$" zone pool rm $P
  refuse 2 "neither an absolute path nor a pool" zone -P $P create "$Z" -t busybox
  same "[]" "$(zone pool ls --json | jq -c .)"
  zone pool create $P --loop
  refuse 4 "exists" zone pool create $P --loop
}

@test "lvm on a kernel without device-mapper: 7 in a few words, and nothing is made" {
  # the node is made in any case; what is behind this one no kernel has
  refuse 7 "the kernel has no device-mapper$" unshare --mount -- sh -c 'mount -t tmpfs none /dev/mapper &&
    mknod /dev/mapper/control c 10 254 && exec zone pool create "$@"' - $P --lvm "$T/file.img" --size 300M
  [ ! -e "$T/file.img" ]
  same "[]" "$(zone pool ls --json | jq -c .)"
}

fault() { # STEP MODE
  try pool "$1" "$2" zone pool create $P --btrfs --size 300M
  if [ "$(of_pool .state)" = INCOMPLETE ]; then
    refuse 4 "exists" zone pool create $P --btrfs --size 300M
    refuse 4 interrupted zone -P $P create "$Z" -t busybox
  fi
  if [ -n "$(of_pool .name)" ]; then zone pool rm $P; fi
  same "" "$(find "$POOLS" -mindepth 1 ! -name .lock)"
  zone pool create $P --btrfs --size 300M
  zone pool rm $P
}
@test "killed at any step: told apart from a whole one, and removed by rm" { each_fault pool fault; }

@test "no room for it: nothing is left" {
  mkdir "$T/small"
  mount -t tmpfs -o size=1M small "$T/small"
  refuse 1 . zone pool create $P --btrfs "$T/small/f.img" --size 300M
  same "" "$(ls "$T/small")"
  until_true 10 umount "$T/small"
  same "[]" "$(zone pool ls --json | jq -c .)"
}
