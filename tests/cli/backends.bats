#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
# The promises of backends.bash on every backend that a plain host has, on the file systems where they differ.
export BATS_TEST_TIMEOUT=600
load lib
load backends

ROWS="overlay:plain dir:plain loop:plain btrfs:btrfs dir:xfs loop:xfs loop:btrfs:btrfs"
clean_file() { clean_rows; }

@test "create, change, restore: the root is what it was; newer snapshots survive" { each_row round_trip; }
@test "of a running zone; restoring one is 4 without --restart" { each_row of_running; }
@test "50 snapshots of a database at work: each is one of its states" { each_row as_a_database; }
@test "--to makes a zone of its own" { each_row to_new; }
@test "hard links, fifos, links, ids, modes, times, holes come back" { each_row special; }
@test "--diff: added, changed, removed; data that changed behind the same size and time" { each_row differences; }
@test "killed while the zone stands still: it goes on" { each_row always_thawed; }
@test "a clone has its own name, ids, addresses, machine id; of a running zone, of a snapshot" { each_row clone_is_its_own; }
@test "no two file systems of zones have one identity" { ROWS="loop:plain:xfs loop:btrfs:btrfs" each_row own_identity; }
@test "a clone gets no machine id where there was none" { each_row clone_where_machine_id_was_not_set; }
@test "destroying a zone that others stand on is 4 and names them; --full stands on nothing" { each_row dependants; }
@test "--reset-identity: new ssh host keys, seeds gone, links not followed" { each_row reset_identity; }
@test "a size holds, grows in use, never shrinks; or it is 7 and names the mount option" { each_row sizes; }

@test "a file system that is too small for the size is refused beforehand" {
  use_row loop:plain
  refuse 1 "file system of" zone create "$Z" -t busybox -B loop --size 900T
  refuse 3 . zone info "$Z"
}

@test "best is btrfs on btrfs, and says so when it was asked for" {
  use_row btrfs:btrfs
  ok zone create "$Z" -t busybox -B best
  has "$stderr" "btrfs"
  same btrfs "$(field "$Z" .backend)"
}

@test "-B btrfs elsewhere is 7 and says what to do" {
  use_row dir:plain
  refuse 7 "not on btrfs" zone create "$Z" -t busybox -B btrfs
  has "$stderr" "^hint: .*-P"
}

@test "a subvolume in the root: inside none can be made; one from outside is told, never left out silently" {
  use_row btrfs:btrfs
  make "$Z"
  btrfs -q subvolume create "$ZONE_PATH/$Z/rootfs/inner"
  refuse 4 "inner" zone snapshot "$Z"
  refuse 4 "inner" zone clone "$Z" "$Z-b"
  same "[]" "$(zone snapshot -L --json "$Z" | jq -c .)"
  btrfs -q subvolume delete "$ZONE_PATH/$Z/rootfs/inner"
  ok zone snapshot "$Z"
}

@test "what says where a root is cannot be changed" {
  use_row loop:plain
  make "$Z"
  refuse 2 "root.fs" zone set "$Z" root.fs=btrfs
  refuse 2 "root.backend" zone set "$Z" root.backend=dir
  refuse 2 "which" zone create "$Z-b" -t busybox -B dir -s root.backend=loop
}

@test "a zone on another zone path is cloned beside its source, or where -P says" {
  use_row dir:xfs
  make "$Z"
  write "$Z" /root/f one
  unset ZONE_PATH
  zone clone "$Z" "$Z-b"
  same "$T/xfs/$Z-b" "$(field "$Z-b" .path)"
  mkdir -p "$T/plain2"
  zone -P "$T/plain2" clone "$Z" "$Z-c"
  same "$T/plain2/$Z-c" "$(field "$Z-c" .path)"
  same one "$(read_back "$Z-c" /root/f)"
}

# Random changes, over and over; the tree of one time compared with those of two others.
@test "--diff by what the file system knows says what looking at everything says" {
  use_row btrfs:btrfs
  make "$Z"
  local i other churn=$here/churn.py root=$ZONE_PATH/$Z/rootfs/root snaps=$ZONE_PATH/$Z/snapshots
  RANDOM=4
  zone snapshot "$Z" -N s0
  for i in $(seq 40); do
    "$churn" change "$root" "$i"
    zone snapshot "$Z" -N "s$i"
    for other in s$((i - 1)) s$((RANDOM % i)); do
      "$churn" diff "$snaps/$other/rootfs" "$snaps/s$i/rootfs" >"$T/wanted"
      zone snapshot "$Z" --diff "$other" "s$i" >"$T/got"
      diff "$T/wanted" "$T/got" || fail "$other and s$i"
    done
    if [ $((i % 9)) = 0 ]; then zone snapshot -r "$other" "$Z"; fi # numbers of files are given twice
  done
}
