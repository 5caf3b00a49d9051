#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck disable=SC2154 # status, stderr are bats'
# The file system that holds everything of zone's is full, or nearly: what does not fit fails, leaves nothing, and works
# once there is room. More room in small steps ends each operation at another phase.
export BATS_TEST_TIMEOUT=900
load lib
load backends

fill() { # KIBIBYTES that stay free
  dd if=/dev/zero of="$ZONE_VAR/.filler" bs=64k 2>/dev/null || true
  sync -f "$ZONE_VAR"
  dd if=/dev/zero of="$ZONE_VAR/.filler" bs=4k oflag=append conv=notrunc 2>/dev/null || true
  if [ "$1" -gt 0 ]; then truncate -s "-${1}K" "$ZONE_VAR/.filler"; fi
  sync -f "$ZONE_VAR"
}
unfill() {
  rm -f "$ZONE_VAR/.filler"
  sync -f "$ZONE_VAR"
}

as_before() {
  ok zone pull "$Z" /root/f "$T/f"
  cmp "$T/f" "$T/wanted"
  same base "$(zone snapshot -L --json "$Z" | jq -r '[.[].name] | sort | join(" ")')"
  same "$Z" "$(zone ls -1 | tr '\n' ' ' | sed 's/ $//')"
}

# attempt COMMAND…: it may fail for want of room, and then nothing has changed; $worked says which.
attempt() {
  run --separate-stderr timeout 60 "$@"
  worked=$((status == 0))
  [ "$worked" = 1 ] && return 0
  [ "$status" -eq 1 ] || fail "$* → $status" "$stderr"
  # in a file system in a file, want of room around it is an error of its disk
  has "$stderr" "[Nn]o space|left|full$([ "$BACKEND" != loop ] || echo '|Input/output error')"
  as_before
}

operations() {
  attempt zone snapshot "$Z" -N more
  if [ "$worked" = 1 ]; then zone snapshot -d more "$Z"; fi
  attempt zone clone "$Z" "$Z-c"
  if [ "$worked" = 1 ]; then zone destroy "$Z-c"; fi
  attempt zone snapshot -r base "$Z"
  attempt zone import "$T/exported" "$Z-c"
  if [ "$worked" = 1 ]; then zone destroy "$Z-c"; fi
  attempt zone rename "$Z" "$Z-d"
  if [ "$worked" = 1 ]; then zone rename "$Z-d" "$Z"; fi
  attempt zone set "$Z" user.note=x
  as_before
}

on() { # BACKEND FILE-SYSTEM SIZE [MKFS-ARGS…]
  BACKEND=$1 FS='' PLACE_ARGS=()
  mkdir -p "$ZONE_VAR"
  rm -f "$ZONE_VAR.img"
  mount_image "$2" var "${@:3}"
  head -c 300000 /dev/urandom >"$T/wanted"
  [ "$BACKEND" != loop ] || PLACE_ARGS=(-s root.size=24M -s root.fs=ext4)
  make "$Z"
  zone push "$Z" "$T/wanted" /root/f
  zone snapshot "$Z" -N base
  zone export "$Z" -o "$T/exported"
  for left in 0 16 64 256 1024 4096; do
    echo "room for $left KiB" >&2
    fill "$left"
    operations
    unfill
    ok zone verify "$Z"
  done
  operations
  same 1 "$worked"
  fill 0
  ok zone destroy -s "$Z" # that always works
  unfill
  until_true 10 umount "$ZONE_VAR"
}
clean_file() { if mountpoint -q "$ZONE_VAR"; then umount -l "$ZONE_VAR"; fi; } # after a failure

@test "overlay on ext4" { on overlay ext4 80M -m 0; }
@test "dir on ext4" { on dir ext4 80M -m 0; }
@test "loop on ext4" { on loop ext4 80M -m 0; }
@test "btrfs" { on btrfs btrfs 200M; }

@test "a read-only file system: one line says so, nothing is half done, and it is usable again afterwards" {
  BACKEND=overlay FS='' PLACE_ARGS=()
  mount_image ext4 var 80M
  make "$Z"
  write "$Z" /root/f one
  zone snapshot "$Z"
  zone export "$Z" -o "$T/exported"
  make "$Z-p" # has never had a snapshot
  mount -o remount,ro "$ZONE_VAR"
  local verb
  for verb in "create $Z-c -t busybox" "start $Z" "snapshot $Z" "snapshot -r snap0 $Z" "snapshot -d snap0 $Z" "clone $Z $Z-c" \
    "import $T/exported $Z-c" "rename $Z $Z-c" "set $Z user.x=y" "destroy -s $Z"; do
    # shellcheck disable=SC2086 # words
    refuse 1 "Read-only file system" zone $verb
  done
  same STOPPED "$(state "$Z")"
  same one "$(read_back "$Z" /root/f)"
  zone snapshot "$Z" --diff snap0
  ok zone export "$Z" -o "$T/again"
  ok zone export "$Z-p" -o "$T/plain"
  mount -o remount,rw "$ZONE_VAR"
  ok zone verify --all
  ok zone snapshot -r snap0 "$Z"
  ok zone start "$Z"
  zone destroy -f -s "$Z" "$Z-p"
  until_true 10 umount "$ZONE_VAR"
}
