#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
# Thin pools on a disk, and volume groups that an administrator has made: what is not zone's stays as it is.
export BATS_TEST_TIMEOUT=590
load ../cli/lib
load ../cli/backends

NEEDS=lvm
DISK=/dev/vdb # the guest's, for tests
teardown() {
  zone destroy -f -s --all
  zone image prune --all >/dev/null
  if zone pool ls --json | jq -e ".[] | select(.name == \"$Z-p\")" >/dev/null; then zone pool rm "$Z-p"; fi
  vgremove -qq -f -y admin "zone-$Z-p" 2>/dev/null || true
  pvremove -qq -f -y $DISK 2>/dev/null || true
  wipefs -qa $DISK
}

make_here() { # NAME [ARGS…]
  local name=$1
  shift
  zone -q "${POOL[@]}" create "$name" -t busybox -s net.eth0.type=none "$@"
}
volumes() { lvs --noheadings -o lv_name "$1" | tr -d ' ' | sort | paste -sd ' '; }

# A plain volume with something in it, and a thin pool with one of somebody else's.
admin_group() {
  vgcreate -qq admin $DISK
  lvcreate -qq -y -L 32M -n data admin
  head -c 33554432 /dev/urandom >/dev/admin/data
  lvcreate -qq -y -T -L 1G admin/thin
  lvcreate -qq -y -T -V 64M -n other admin/thin
  head -c 67108864 /dev/urandom >/dev/admin/other
  sync
  BEFORE=$(sha256sum /dev/admin/data /dev/admin/other)
}
admin_untouched() {
  same "data other thin" "$(volumes admin)"
  same "$BEFORE" "$(sha256sum /dev/admin/data /dev/admin/other)"
}

@test "a disk becomes a pool, and is empty after it; others' volumes in it keep it; never over what has something" {
  POOL=(-P "$Z-p")
  ok zone pool create "$Z-p" --lvm $DISK
  make_here "$Z"
  zone start "$Z"
  zone snapshot "$Z"
  lvcreate -qq -y -T -V 64M -n mine "zone-$Z-p/pool"
  refuse 4 "zones live in it: $Z" zone pool rm "$Z-p"
  zone destroy -f -s "$Z"
  refuse 4 "volumes of others are in it: zone-$Z-p/mine$" zone pool rm "$Z-p"
  same READY "$(zone pool ls --json | jq -r '.[0].state')"
  [ -b "/dev/zone-$Z-p/mine" ]
  lvremove -qq -y "zone-$Z-p/mine"
  ok zone pool rm "$Z-p"
  same "" "$(blkid -p $DISK)"
  mkfs.ext4 -q $DISK
  refuse 1 . zone pool create "$Z-p" --lvm $DISK
  same ext4 "$(blkid -p -o value -s TYPE $DISK)"
  same "[]" "$(zone pool ls --json | jq -c .)"
}

@test "in an administrator's group: zones in his thin pool, a pool of zone's beside it; the rest stays as it was" {
  POOL=()
  admin_group
  refuse 4 "admin/data exists" zone pool create data --lvm admin
  refuse 4 "admin/thin exists" zone pool create thin --lvm admin
  refuse 1 . zone pool create "$Z-p" --lvm $DISK # it is in a group
  admin_untouched
  make_here "$Z" -B lvm -s lvm.vg=admin -s lvm.pool=thin
  zone start "$Z"
  zone snapshot "$Z"
  zone clone "$Z" "$Z-c"
  zone snapshot -r snap0 --restart "$Z"
  ok zone pool create "$Z-p" --lvm admin --size 1G
  POOL=(-P "$Z-p")
  make_here "$Z-b"
  has "$(volumes admin)" "$Z-p"
  refuse 4 "zones live in it: $Z-b$" zone pool rm "$Z-p"
  zone destroy "$Z-b"
  zone start "$Z-c"
  ok zone pool rm "$Z-p" # the others are in another pool
  ok zone verify --all
  zone destroy -f -s --all
  zone image prune --all
  until_true 30 sh -c '! lvs --noheadings -o lv_name admin | grep -q zone-'
  admin_untouched
}

@test "a group of somebody else has the name that a pool's own would get: 4, and it stays" {
  vgcreate -qq "zone-$Z-p" $DISK
  lvcreate -qq -y -L 32M -n data "zone-$Z-p"
  refuse 4 exists zone pool create "$Z-p" --lvm "$T/file.img" --size 1G
  same data "$(volumes "zone-$Z-p")"
  [ ! -e "$T/file.img" ]
  same "[]" "$(zone pool ls --json | jq -c .)"
}

# What another installation made, as another ZONE_VAR does it here: all that tells it apart is who has a record of it.
elsewhere() { ZONE_VAR=$T/other "$@"; }

@test "a pool that another installation made, of the same name: 4, and all of it stays" {
  ok elsewhere zone pool create "$Z-p" --lvm $DISK
  lvcreate -qq -y -T -V 64M -n root "zone-$Z-p/pool"
  refuse 4 exists zone pool create "$Z-p" --lvm $DISK
  refuse 4 exists zone pool create "$Z-p" --lvm "$T/file.img" --size 300M
  same "pool root" "$(volumes "zone-$Z-p")"
  same "[]" "$(zone pool ls --json | jq -c .)"
  lvremove -qq -y "zone-$Z-p/root"
  ok elsewhere zone pool rm "$Z-p"
  vgcreate -qq admin $DISK # the same of a thin pool in a group
  ok elsewhere zone pool create "$Z-p" --lvm admin --size 500M
  refuse 4 "admin/$Z-p exists" zone pool create "$Z-p" --lvm admin --size 500M
  # a record of a pool that is not the one of this name is no right to remove that one
  mkdir -p "$ZONE_VAR/.host/pools"
  sed 's/made-by-zone-/&0/' "$T/other/.host/pools/$Z-p" >"$ZONE_VAR/.host/pools/$Z-p"
  ok zone pool rm "$Z-p"
  same "$Z-p" "$(volumes admin)"
  ok elsewhere zone pool rm "$Z-p"
  same "" "$(volumes admin)"
}

@test "zones whose directories cannot be seen now keep the pool that may have their roots" {
  mkdir -p "$T/store" "$ZONE_VAR"
  mount -t tmpfs -o mode=711 store "$T/store"
  ok zone pool create "$Z-p" --lvm $DISK
  zone -q -P "$T/store" create "$Z" -t busybox -B lvm -s lvm.vg="zone-$Z-p" -s lvm.pool=pool -s net.eth0.type=none
  mkdir "$T/away"
  mount --bind "$T/store" "$T/away"
  until_true 10 umount "$T/store"
  refuse 4 "may live in it.*: $Z$" zone pool rm "$Z-p"
  has "$stderr" "^hint: .*zone destroy -f $Z"
  same "" "$(zone pool ls --json | jq -r '.[].zones[]')"
  mount --bind "$T/away" "$T/store"
  refuse 4 "zones live in it: $Z$" zone pool rm "$Z-p"
  ok zone start "$Z"
  zone destroy -f "$Z"
  until_true 20 umount "$T/store" # what was destroyed is freed by and by
  until_true 20 umount "$T/away"
  ok zone pool rm "$Z-p"
}

@test "killed while it is made: pool rm takes all of it" {
  local wait
  for wait in 0.1 0.3 0.5 0.7 0.9 1.1 1.3 1.5; do
    timeout -s KILL $wait zone pool create "$Z-p" --lvm $DISK && status=0 || status=$?
    [ $status = 0 ] || until_true 30 sh -c '! pgrep -x lvm'
    if [ $status = 0 ] || zone pool ls --json | jq -e '.[0]'; then ok zone pool rm "$Z-p"; fi
    same "" "$(vgs --noheadings -o vg_name 2>/dev/null)"
  done
}

# The driver lets go of the disk, and takes it again.
disk() { echo "$(basename "$(readlink -f /sys/block/vdb/device 2>/dev/null || echo "/$DEVICE")")" >"/sys/bus/virtio/drivers/virtio_blk/$1"; }

@test "the disk is gone: UNAVAILABLE, the rest of the zones works; back with it" {
  POOL=()
  admin_group
  make_here "$Z" -B lvm -s lvm.vg=admin -s lvm.pool=thin
  write "$Z" /root/f one
  make_here "$Z-b" -B dir
  vgchange -qq -an admin
  DEVICE=$(readlink -f /sys/block/vdb/device)
  disk unbind
  [ ! -e $DISK ]
  same UNAVAILABLE "$(state "$Z")"
  refuse 4 UNAVAILABLE zone start "$Z"
  refuse 4 UNAVAILABLE zone snapshot "$Z"
  ok zone start "$Z-b"
  ok zone ls --json
  same "UNAVAILABLE RUNNING" "$(jq -r '[.[].state] | join(" ")' <<<"$output")"
  disk bind
  until_true 20 test -b $DISK
  until_true 20 vgs admin
  same STOPPED "$(state "$Z")"
  ok zone start "$Z"
  same one "$(zone exec "$Z" -- cat /root/f)"
}
