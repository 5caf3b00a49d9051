#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
# A full disk below zones: what does not fit is refused or taken back, and what is there stays whole. Every backend.
export BATS_TEST_TIMEOUT=590
load lib
load backends

ROWS="btrfs:small_btrfs loop:small_ext4 dir:small_xfs overlay:small_ext4"
WITHOUT_NET=1
clean_file() { clean_rows; }
place_small_btrfs() { mount_image btrfs small_btrfs 500M; }
place_small_ext4() { mount_image ext4 small_ext4 300M; }
place_small_xfs() { mount_image xfs small_xfs 320M; }

fill() { # KILOBYTES that are left
  local file=$ZONE_PATH/.fill
  dd if=/dev/zero of="$file" bs=1M status=none 2>/dev/null || true
  sync -f "$file"
  truncate -s $(($(stat -c %s "$file") - $1 * 1024)) "$file"
  sync -f "$file"
}
unfill() {
  rm "$ZONE_PATH/.fill"
  sync -f "$ZONE_PATH"
}

# all_or_nothing ZONE COMMAND…: it makes that zone, or says in one line why not, and nothing of it is there.
all_or_nothing() {
  local name=$1
  shift
  run --separate-stderr "$@" </dev/null
  echo "$*: $status $stderr" >&2
  if [ "$status" -eq 0 ]; then
    zone destroy -s "$name"
    return
  fi
  same "1 1" "$status $(grep -c '^zone: ' <<<"$stderr")"
  refuse 3 . zone info "$name"
  [ ! -e "$ZONE_PATH/$name" ]
  REFUSED=$((REFUSED + 1))
}

while_full() {
  local left REFUSED=0
  make "$1"
  write "$1" /root/f one
  zone snapshot "$1" -N a
  zone -q export --snapshots "$1" -o "$T/x.zst"
  write "$1" /root/f two
  zone start "$1"
  for left in 0 1024; do
    fill $left
    run --separate-stderr zone snapshot "$1" -N "s$left"
    same $((status == 0)) "$(zone snapshot -L --json "$1" | jq --arg s "s$left" '[.[] | select(.name == $s)] | length')"
    all_or_nothing "$1-b" zone clone "$1" "$1-b"
    all_or_nothing "$1-b" zone clone --full "$1" "$1-b"
    all_or_nothing "$1-b" make "$1-b"
    same RUNNING "$(state "$1")"
    zone stop -k "$1"
    run --separate-stderr zone snapshot -r a "$1"
    local want=two
    if [ "$status" -eq 0 ]; then want=one; fi
    unfill
    ok zone verify "$1"
    same $want "$(read_back "$1" /root/f)"
    write "$1" /root/f two
    zone start "$1"
  done
  zone destroy -f -s "$1"
  fill 0
  all_or_nothing "$1" zone import "$T/x.zst" -B "$BACKEND"
  unfill
  zone import "$T/x.zst" -B "$BACKEND"
  same one "$(read_back "$1" /root/f)"
  [ "$REFUSED" -gt 0 ]
}

@test "nothing half made, nothing lost; with room again all goes on" { each_row while_full; }
