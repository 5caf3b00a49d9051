#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
export BATS_TEST_TIMEOUT=600
load lib
load backends

ROWS="overlay:plain dir:plain loop:btrfs btrfs:btrfs"
clean_file() { clean_rows; }

# Nothing of a refused import is left: no zone, no directory, no device, no file outside.
nothing_imported() {
  same "[]" "$(zone ls --json | jq -c .)"
  same "" "$(find "${ZONE_PATH:-$ZONE_VAR}" -mindepth 1 -maxdepth 1 ! -name '.*' ! -name '*.img')"
  same "" "$(losetup -n -l -O BACK-FILE | grep "$T/.*root.img" || true)"
  [ -e /var/tmp/zt-canary ]
  [ ! -e /etc/zt-canary ]
}

fill_root() { # ZONE
  zone exec "$1" -- sh -c 'cd /root; echo one >f; ln f g; mkdir d; echo x >d/x; printf a >"ünï $(printf "\377\n")x"; ln -s /etc/passwd l; chown 65535:7 d/x; chmod 4711 d/x; mkfifo p; dd if=/dev/zero of=sparse bs=1 count=1 seek=10000000 2>/dev/null; touch -d "2001-02-03 04:05:06" f'
}

look_at_root() { # ZONE
  zone exec "$1" -- sh -c 'cd /root; stat -c "%n %f %u:%g %h %s %Y" f g d/x l p sparse ünï*; stat -c "%n %f %u:%g %Y" d; cat f d/x; readlink l; [ $(stat -c %b sparse) -lt 1000 ] && echo sparse' | sort
}

@test "there and back: everything comes back, on every backend" {
  use_row overlay:plain
  make "$Z" -s user.note=mine
  zone start "$Z"
  fill_root "$Z"
  local before row
  before=$(look_at_root "$Z")
  ok zone export "$Z" -o "$T/x.zst" # of the running zone
  same "$T/x.zst" "$output"
  same "" "$stderr" # progress is for terminals
  same RUNNING "$(state "$Z")"
  zone destroy -f "$Z"
  for row in $ROWS; do
    echo "row $row" >&2
    use_row "$row"
    same "$Z" "$(zone import -B "$BACKEND" "$T/x.zst")"
    same "$BACKEND" "$(field "$Z" .backend)"
    same mine "$(zone get "$Z" user.note)"
    zone start "$Z"
    same "$before" "$(look_at_root "$Z")"
    zone stop -k "$Z"
    zone export "$Z" -o "$T/y.zst" # of the stopped one; and from this backend
    zone destroy "$Z"
    zone -q import "$T/y.zst" "$Z"
    zone start "$Z"
    same "$before" "$(look_at_root "$Z")"
    zone destroy -f "$Z"
  done
}

@test "extended attributes, ACLs and capabilities come back" {
  use_row dir:plain
  make "$Z"
  local root=$ZONE_PATH/$Z/rootfs
  touch "$root/a" "$root/b" "$root/c"
  setcap cap_net_raw+ep "$root/a"
  setfattr -n user.note -v 'x y' "$root/b"
  setfacl -m u:1000:rw,g:50:r "$root/c"
  setfacl -d -m u:1000:rwx "$root/root"
  zone -q export "$Z" -o "$T/x.zst"
  zone destroy "$Z"
  zone -q import "$T/x.zst" -B dir
  has "$(getcap "$root/a")" "cap_net_raw.*ep"
  same 'x y' "$(getfattr --only-values -n user.note "$root/b" 2>/dev/null)"
  has "$(getfacl -n "$root/c" 2>/dev/null)" "^user:1000:rw-"
  has "$(getfacl -n "$root/root" 2>/dev/null)" "^default:user:1000:rwx"
}

with_states() {
  make "$1"
  zone start "$1"
  zone exec "$1" -- sh -c 'cd /root; echo one >f; ln f g; mkdir d k; echo x >d/x; echo k >k/in'
  zone snapshot "$1" -N a -c 'the "first"'
  zone exec "$1" -- sh -c 'cd /root; echo two >f; rm -r d; rm -r k; echo now a file >k; echo new >n'
  zone snapshot "$1" -N b
  zone set "$1" user.note=later
  zone exec "$1" -- sh -c 'cd /root; echo three >f; rm n; mkdir d; echo y >d/y'
  zone -q export --snapshots "$1" -o "$T/s.zst"
  zone destroy -f -s "$1"
  local row
  for row in $ROWS; do
    echo "to $row" >&2
    use_row "$row"
    zone -q import "$T/s.zst" -B "$BACKEND"
    same 'a:the "first" b:' "$(zone snapshot -L --json "$1" | jq -r '[.[] | .name + ":" + (.comment // "")] | join(" ")')"
    same three "$(zone pull "$1" /root/f -)"
    same y "$(zone pull "$1" /root/d/y -)"
    zone snapshot -r a "$1"
    zone start "$1"
    same "one 2 x k" "$(zone exec "$1" -- sh -c 'cd /root; echo $(cat f) $(stat -c %h g) $(cat d/x) $(cat k/in)')"
    run zone get "$1" user.note
    [ "$status" -ne 0 ]
    zone stop -k "$1"
    zone snapshot -r b "$1"
    zone start "$1"
    same "two now a file new" "$(zone exec "$1" -- sh -c 'cd /root; echo $(cat f) $(cat k) $(cat n)')"
    zone exec "$1" -- test ! -e /root/d
    zone destroy -f -s "$1"
  done
}

@test "--snapshots: every state comes back, on every backend" { use_row overlay:plain; with_states "$Z"; }
@test "--snapshots, from btrfs" { use_row btrfs:btrfs; with_states "$Z"; }

@test "it is an ordinary tar archive with the manifest first and sums last" {
  mk "$Z"
  zone -q export "$Z" -o "$T/x.zst"
  local names
  names=$(zstd -dc "$T/x.zst" | tar -tf -)
  same zone-export "$(head -n 1 <<<"$names")"
  same sums "$(tail -n 1 <<<"$names")"
  has "$names" '^root/etc/passwd$'
  has "$(zstd -dc "$T/x.zst" | tar -xOf - zone-export)" "^name=$Z$"
}

@test "from and to a pipe; standard output that is one is used" {
  up "$Z"
  zone export "$Z" | zone -q import - "$Z-b"
  zone export "$Z" -o - | zone -q import - "$Z-c"
  same STOPPED "$(state "$Z-b")"
  zone start "$Z-c"
  run bash -c 'zone export "$1" | head -c 1000 >/dev/null; exit "${PIPESTATUS[0]}"' - "$Z"
  same 1 "$status"
  same RUNNING "$(state "$Z")"
}

@test "the default is a file here, with the zone's name and the date; it is not there before it is whole" {
  mk "$Z"
  mkdir "$T/here"
  cd "$T/here"
  local path
  zone export "$Z" >"$T/out"
  path=$(cat "$T/out")
  [[ "$path" = "$Z"-20*.zone.tar.zst ]]
  same "$path" "$(ls)"
  same 600 "$(stat -c %a "$path")"
  refuse 1 "nosuch" zone export "$Z" -o "$T/nosuch/x.zst"
  mount -t tmpfs -o size=64k zt-small "$T/here"
  cd "$T/here"
  run --separate-stderr zone export "$Z" -o x.zst
  local status1=$status err1=$stderr left
  left=$(ls)
  cd "$T"
  until_true 10 umount "$T/here"
  same 1 "$status1"
  has "$err1" "No space left"
  same "" "$left"
}

@test "under another name it is a clone, under its own the zone that moved" {
  mk "$Z" -s hostname=first -s net.eth0.mac=02:00:00:00:00:77
  zone -q export "$Z" -o "$T/x.zst"
  refuse 4 "$Z exists" zone import "$T/x.zst"
  zone -q import "$T/x.zst" "$Z-b"
  run zone get "$Z-b" hostname
  [ "$status" -ne 0 ]
  run zone get "$Z-b" net.eth0.mac
  [ "$status" -ne 0 ]
  zone destroy "$Z"
  zone -q import "$T/x.zst"
  same first "$(zone get "$Z" hostname)"
  same 02:00:00:00:00:77 "$(zone get "$Z" net.eth0.mac)"
}

@test "host-only keys are not taken from a file, and named; --trust takes them" {
  mkdir "$T/src"
  mk "$Z" -s security.level=privileged -s mount.data.source="$T/src" -s mount.data.target=/mnt -s user.note=x
  zone -q export "$Z" -o "$T/x.zst"
  zone destroy "$Z"
  ok zone import "$T/x.zst"
  has "$stderr" "not taken: security.level=privileged"
  has "$stderr" "not taken: mount.data.source=$T/src"
  same default "$(zone get "$Z" security.level)"
  same x "$(zone get "$Z" user.note)"
  same true "$(field "$Z" .unprivileged)"
  zone start "$Z"
  zone destroy -f "$Z"
  ok zone import --trust "$T/x.zst"
  has "$stderr" "privileged"
  same privileged "$(zone get "$Z" security.level)"
}

@test "hostile exports: refused in one line, nothing installed, nothing outside touched" {
  touch /var/tmp/zt-canary
  local c row
  for c in good good-states; do # the control
    "$BATS_TEST_DIRNAME/bundle.py" make $c "$T/h.zst"
    ok zone import "$T/h.zst"
    zone destroy -s hostile
  done
  for row in dir:plain overlay:plain btrfs:btrfs; do
    use_row $row
    for c in $("$BATS_TEST_DIRNAME/bundle.py" list | grep -v '^good'); do
      echo "case $c on $row" >&2
      "$BATS_TEST_DIRNAME/bundle.py" make "$c" "$T/h.zst"
      run --separate-stderr timeout 60 zone import "$T/h.zst" -B "$BACKEND"
      [[ "$status" = [12] ]] || fail "$c: status $status" "$stderr"
      same 1 "$(grep -c '^zone: ' <<<"$stderr")"
      nothing_imported
    done
  done
  rm /var/tmp/zt-canary
}

@test "a member that was altered is named" {
  touch /var/tmp/zt-canary
  mk "$Z"
  printf 'the contents of a file' | zone push "$Z" - /root/file
  zone -q export "$Z" -o "$T/x.zst"
  zone destroy "$Z"
  zstd -qdf "$T/x.zst" -o "$T/x.tar"
  zstd -qf "$T/x.tar" -o "$T/same.zst"
  ok zone import "$T/same.zst" # the control: packed again, but the same
  zone destroy "$Z"
  sed -i 's/the contents of a file/the contents of a lie!/' "$T/x.tar"
  zstd -qf "$T/x.tar" -o "$T/x.zst"
  refuse 1 "member 'root/root/file'" zone import "$T/x.zst"
  nothing_imported
  rm /var/tmp/zt-canary
}

@test "truncated anywhere, or with a byte changed anywhere: 1, and nothing installed" {
  touch /var/tmp/zt-canary
  mk "$Z"
  zone -q export "$Z" -o "$T/x.zst"
  zone destroy "$Z"
  local size at
  size=$(stat -c %s "$T/x.zst")
  for at in 0 1 4 5 100 $((size / 3)) $((size / 2)) $((size - 5)) $((size - 1)); do
    head -c "$at" "$T/x.zst" >"$T/cut.zst"
    refuse 1 . zone import "$T/cut.zst"
    nothing_imported
  done
  for at in 6 50 $((size / 7)) $((size / 3)) $((size / 2)) $((size - 3)); do
    cp "$T/x.zst" "$T/bent.zst"
    printf '\x5a' | dd of="$T/bent.zst" bs=1 seek="$at" conv=notrunc status=none
    if cmp -s "$T/x.zst" "$T/bent.zst"; then printf '\xa5' | dd of="$T/bent.zst" bs=1 seek="$at" conv=notrunc status=none; fi
    refuse 1 . zone import "$T/bent.zst"
    nothing_imported
  done
  refuse 1 . zone import /etc/passwd
  refuse 1 . zone import "$T/nosuch"
  refuse 1 . zone import "$T"
  rm /var/tmp/zt-canary
}

@test "killed in the middle of unpacking, and of writing" {
  mk "$Z"
  zone start "$Z"
  zone exec "$Z" -- dd if=/dev/urandom of=/root/big bs=1M count=60 2>/dev/null
  zone export "$Z" -o "$T/k.zst" &
  local pid=$!
  until_true 20 test -s "$T/k.zst.part"
  kill -KILL $pid
  run wait $pid
  [ ! -e "$T/k.zst" ]
  same RUNNING "$(state "$Z")"
  ok zone export "$Z" -o "$T/k.zst"
  same "" "$(ls "$ZONE_VAR/$Z/views")"
  mkfifo "$T/half" # as much as there is before the rest comes
  zone -q import - "$Z-b" <"$T/half" &
  pid=$!
  exec 9>"$T/half"
  head -c 20000000 "$T/k.zst" >&9
  until_true 20 sh -c "[ \$(du -s '$ZONE_VAR/$Z-b' | cut -f1) -gt 8000 ]"
  kill -KILL $pid
  run wait $pid
  exec 9>&-
  same INCOMPLETE "$(state "$Z-b")"
  refuse 4 . zone start "$Z-b"
  zone destroy "$Z-b"
  zone -q import "$T/k.zst" "$Z-b"
  zone start "$Z-b"
}

@test "no room: 1, and what was unpacked is gone" {
  mk "$Z"
  zone start "$Z"
  zone exec "$Z" -- dd if=/dev/urandom of=/root/big bs=1M count=40 2>/dev/null
  zone -q export "$Z" -o "$T/x.zst"
  mkdir "$T/small"
  mount -t tmpfs -o size=24M,mode=711 zt-small "$T/small"
  run --separate-stderr zone -P "$T/small" import "$T/x.zst" "$Z-b" -B dir
  local left
  left=$(find "$T/small" -mindepth 1 -maxdepth 1 ! -name '.*')
  until_true 10 umount "$T/small"
  same 1 "$status"
  has "$stderr" "No space left|1 %"
  same "" "$left"
}

@test "of a zone that is being exported no snapshot goes (6); of a missing zone 3" {
  mk "$Z"
  zone snapshot "$Z"
  mkfifo "$T/fifo"
  zone -q export --snapshots "$Z" -o "$T/fifo" &
  local pid=$!
  exec 8<"$T/fifo"
  until_true 10 sh -c "! zone --lock-wait 0 snapshot -d snap0 $Z"
  refuse 6 . zone --lock-wait 0 snapshot -d snap0 "$Z"
  cat <&8 >"$T/x.zst"
  exec 8<&-
  wait $pid
  ok zone snapshot -d snap0 "$Z"
  zone -q import "$T/x.zst" "$Z-b"
  refuse 3 . zone export "$Z-nosuch" -o "$T/no.zst"
  [ ! -e "$T/no.zst" ] && [ ! -e "$T/no.zst.part" ]
}
