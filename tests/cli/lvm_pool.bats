#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
# bats file_tags=vm
# What is LVM's alone: pools that are full, gone, unknown.
export BATS_TEST_TIMEOUT=590
load lib
load backends

ROWS=lvm:pool
WITHOUT_NET=1
NEEDS=lvm
POOL_SIZE=1200M # for it is filled
clean_file() { clean_pool; }

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

# What is left of the pool in the row's place.
room() { zone pool ls --json | jq --arg p "$Z-pool" '.[] | select(.name == $p) | .size_bytes - .used_bytes'; }

# Somebody else's volume takes all but MIBIBYTES.
fill_pool() {
  local group=zone-$Z-pool
  lvcreate -qq -y -T -V 4G -n "filler$1" "$group/pool"
  dd if=/dev/zero of="/dev/$group/filler$1" bs=1M count=$(($(room) / 1048576 - $1)) conv=fsync 2>/dev/null
}

@test "a pool over 80 %: a warning at every use; what cannot fit is refused beforehand" {
  use_row lvm:pool
  make "$Z"
  zone start "$Z"
  write "$Z" /root/f one
  fill_pool 200
  local full='^warning: thin pool .* is [89][0-9] % full'
  ok zone snapshot "$Z"
  has "$stderr" "$full"
  zone stop -k "$Z"
  ok zone start "$Z"
  has "$stderr" "$full"
  ok zone clone "$Z" "$Z-b"
  has "$stderr" "$full"
  ok zone create "$Z-c" -t busybox -B lvm "${PLACE_ARGS[@]}"
  has "$stderr" "$full"
  zone -q export "$Z-b" -o "$T/b.zst"
  zone destroy "$Z-b" "$Z-c"
  ok zone import "$T/b.zst" -B lvm "${PLACE_ARGS[@]}"
  has "$stderr" "$full"
  zone destroy "$Z-b"
  ok zone snapshot -r snap0 --restart "$Z"
  same 1 "$(grep -c "$full" <<<"$stderr")"
  tiny_rootfs "$T/large"
  head -c 250000000 /dev/zero | tr '\0' x >"$T/large/data"
  tar -C "$T/large" -cf "$T/large.tar" .
  refuse 1 "thin pool .* left" zone create "$Z-b" -t local -B lvm "${PLACE_ARGS[@]}" -- -f "$T/large.tar"
  refuse 3 . zone info "$Z-b"
  refuse 1 "a root of" zone create "$Z-b" -t busybox -B lvm "${PLACE_ARGS[@]}" --size 900G
  fill_pool 8 # as good as full
  refuse 1 "thin pool .* left" zone snapshot "$Z"
  refuse 1 "thin pool .* left" zone clone "$Z" "$Z-b"
  refuse 1 "thin pool .* left" make "$Z-b"
  refuse 3 . zone info "$Z-b"
  same "snap0 RUNNING" "$(zone snapshot -L --json "$Z" | jq -r '.[].name') $(state "$Z")"
  same one "$(zone exec "$Z" -- cat /root/f)"
  zone stop -k "$Z"
  refuse 1 "thin pool .* left" zone snapshot -r snap0 "$Z"
  lvremove -qq -y "zone-$Z-pool/filler200" "zone-$Z-pool/filler8"
  ok zone snapshot -r snap0 "$Z"
  ok zone verify "$Z"
}

@test "there and back: from a running zone with snapshots, to this and to another backend" {
  use_row lvm:pool
  make "$Z"
  zone start "$Z"
  zone exec "$Z" -- sh -c 'cd /root; echo one >f; ln f g; mkdir d'
  zone snapshot "$Z" -N a
  zone exec "$Z" -- sh -c 'cd /root; echo two >f; rm -r d'
  zone -q export --snapshots "$Z" -o "$T/x.zst"
  zone destroy -f -s "$Z"
  for args in "-B dir" "-B lvm ${PLACE_ARGS[*]}"; do
    # shellcheck disable=SC2086 # words
    zone -q import "$T/x.zst" $args
    same two "$(read_back "$Z" /root/f)"
    zone snapshot -r a "$Z"
    zone start "$Z"
    same "one 2" "$(zone exec "$Z" -- sh -c 'cd /root; [ -d d ]; echo $(cat f) $(stat -c %h g)')"
    zone destroy -f -s "$Z"
  done
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
