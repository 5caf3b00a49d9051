#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
# bats file_tags=vm
# The promises of backends.bash on a thin pool, and what is LVM's alone.
export BATS_TEST_TIMEOUT=600
load lib
load backends

ROWS=lvm:pool
NEEDS=lvm
clean_file() {
  clean_rows
  same "" "$(lvs --noheadings -o vg_name 2>/dev/null | grep "zone-$Z" || true)"
}

@test "create, change, restore: the root is what it was; newer snapshots survive" { each_row round_trip; }
@test "of a running zone; restoring one is 4 without --restart" { each_row of_running; }
@test "50 snapshots of a database at work: each is one of its states" { each_row as_a_database; }
@test "--to makes a zone of its own" { each_row to_new; }
@test "--diff" { each_row differences; }
@test "killed while the zone stands still: it goes on" { each_row always_thawed; }
@test "a clone has its own name, ids, addresses, machine id" { each_row clone_is_its_own; }
@test "clones are independent" { each_row dependants; }
@test "a size holds, grows in use, never shrinks" { each_row sizes; }

@test "pool: ls shows it; one in which a zone lives is not removed; -P NAME puts zones there" {
  use_row lvm:pool
  unset ZONE_PATH
  zone pool ls --json | jq -e --arg p "$Z-pool" '.[] | select(.name == $p) | .backend == "lvm" and .state == "READY" and .size_bytes > 1000000000 and .zones == []'
  zone -q -P "$Z-pool" create "$Z" -t busybox
  same lvm "$(field "$Z" .backend)"
  refuse 4 "$Z" zone pool rm "$Z-pool"
  refuse 4 "exists" zone pool create "$Z-pool" --lvm
  same "$ZONE_VAR/$Z" "$(field "$Z" .path)"
}

@test "a pool over 80 %: a warning at every use; what cannot fit is refused beforehand" {
  use_row lvm:pool
  make "$Z"
  zone start "$Z"
  zone exec "$Z" -- dd if=/dev/urandom of=/root/big bs=1M count=1650 conv=fsync
  ok zone snapshot "$Z"
  has "$stderr" "^warning: thin pool .* is [89][0-9] % full"
  zone stop -k "$Z"
  ok zone start "$Z"
  has "$stderr" "^warning: thin pool .* % full"
  tiny_rootfs "$T/large"
  truncate -s 1500M "$T/zeros"
  head -c 600000000 /dev/zero >"$T/large/data"
  refuse 1 "thin pool .* left" zone create "$Z-b" -t local -B lvm "${PLACE_ARGS[@]}" -- -f <(tar -C "$T/large" -cf - .) ||
    (tar -C "$T/large" -cf "$T/large.tar" . && refuse 1 "thin pool .* left" zone create "$Z-b" -t local -B lvm "${PLACE_ARGS[@]}" -- -f "$T/large.tar")
  refuse 3 . zone info "$Z-b"
  refuse 1 "a root of" zone create "$Z-b" -t busybox -B lvm "${PLACE_ARGS[@]}" --size 900G
}

@test "unknown pools and groups are 7 and say what makes one" {
  refuse 7 "no thin pool nosuch/pool" zone create "$Z" -t busybox -B lvm -s lvm.vg=nosuch
  has "$stderr" "zone pool create"
  use_row lvm:pool
  refuse 7 "no thin pool" zone create "$Z" -t busybox -B lvm -s "lvm.vg=zone-$Z-pool" -s lvm.pool=other
}

@test "a device that vanished: UNAVAILABLE, everything else works; back with it" {
  use_row lvm:pool
  make "$Z"
  write "$Z" /root/f one
  make "$Z-b" -B dir
  vgchange -qq -an "zone-$Z-pool"
  until_true 20 sh -c "! losetup -n -l -O BACK-FILE | grep -q '$T/pool.img'"
  mv "$T/pool.img" "$T/away"
  same UNAVAILABLE "$(state "$Z")"
  refuse 4 UNAVAILABLE zone start "$Z"
  zone start "$Z-b"
  same RUNNING "$(state "$Z-b")"
  mv "$T/away" "$T/pool.img"
  same STOPPED "$(state "$Z")"
  zone start "$Z" # its pool comes up by itself
  same one "$(zone exec "$Z" -- cat /root/f)"
}

@test "nothing is left of destroyed zones and snapshots" {
  use_row lvm:pool
  make "$Z"
  zone snapshot "$Z"
  zone snapshot "$Z"
  zone snapshot -d snap0 "$Z"
  zone destroy -s "$Z"
  zone image prune --all # of each image there is a volume that zones are copies of
  until_true 30 sh -c "[ -z \"\$(lvs --noheadings -o lv_name zone-$Z-pool | grep zone-)\" ]"
}
