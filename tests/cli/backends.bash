# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash disable=SC2154 # status, output, stderr, lines are bats'
# What every storage backend promises, as functions that are called with a zone's name to use: the same promises for all.
# A row is BACKEND:PLACE[:FS]; PLACE is a file system that place_PLACE mounts at $T/PLACE ("plain": where $T is), FS is
# root.fs. ROWS has those of the file that loads this.

write() { # ZONE PATH TEXT
  printf %s "$3" | zone push "$1" - "$2"
}
read_back() { zone pull "$1" "$2" -; }

# mount_image TYPE PLACE SIZE [MKFS-ARGS…]
mount_image() {
  local type=$1 dir=$T/$2 size=$3
  shift 3
  mkdir -p "$dir"
  truncate -s "$size" "$dir.img"
  "mkfs.$type" -q "$@" "$dir.img"
  mount -o loop "$dir.img" "$dir"
  chmod 711 "$dir"
}
place_plain() { mkdir -m 711 "$T/plain"; }
place_btrfs() { mount_image btrfs btrfs 3G; }
place_xfs() { mount_image xfs xfs 3G; }

# With quotas of projects, which both want to hear of when they are mounted.
with_projects() { # PLACE
  umount "$T/$1"
  mount -o loop,prjquota "$T/$1.img" "$T/$1"
}
place_ext4_projects() {
  mount_image ext4 ext4_projects 1G -O quota,project -E quotatype=prjquota
  with_projects ext4_projects
}
place_xfs_projects() {
  mount_image xfs xfs_projects 1G
  with_projects xfs_projects
}

# A thin pool in a file, as `zone pool create` makes it; its zones' directories are where they always are.
place_pool() {
  mkdir -m 711 "$T/pool"
  (unset ZONE_PATH && zone pool create "$Z-pool" --lvm "$T/pool.img" --size "${POOL_SIZE:-2G}")
}

use_row() { # ROW
  IFS=: read -r BACKEND PLACE FS <<<"$1"
  export ZONE_PATH=$T/$PLACE
  PLACE_ARGS=()
  if [ "$BACKEND" = lvm ]; then PLACE_ARGS=(-s lvm.vg="zone-$Z-pool" -s lvm.pool=pool); fi
  if [ -n "${WITHOUT_NET:-}" ]; then PLACE_ARGS+=(-s net.eth0.type=none); fi
  [ -d "$ZONE_PATH" ] || "place_$PLACE"
}

# make NAME [ARGS…]: a small zone of the row.
make() {
  local name=$1
  shift
  zone -q create "$name" -t busybox -B "$BACKEND" ${FS:+-s root.fs="$FS"} "${PLACE_ARGS[@]}" "$@"
}

each_row() { # FUNCTION
  local row
  for row in $ROWS; do
    echo "row $row" >&2
    use_row "$row"
    "$1" "$Z"
    zone destroy -f -s --all
    same "" "$(losetup -n -l -O BACK-FILE | grep "$T/.*root.img" || true)"
  done
}

clean_rows() {
  local row BACKEND PLACE FS
  for row in $ROWS; do
    IFS=: read -r BACKEND PLACE FS <<<"$row"
    if mountpoint -q "$T/$PLACE"; then until_true 10 umount "$T/$PLACE"; fi
    if [ "$PLACE" = pool ] && [ -e "$T/pool.img" ]; then zone pool rm "$Z-pool"; fi
  done
}

# Rows on thin pools: nothing of theirs is left, either.
clean_pool() {
  clean_rows
  same "" "$(lvs --noheadings -o vg_name 2>/dev/null | grep "zone-$Z" || true)"
}

# ---- snapshots -------------------------------------------------------------------------------------

round_trip() {
  make "$1"
  write "$1" /root/f one
  same snap0 "$(zone snapshot "$1")"
  write "$1" /root/f two
  write "$1" /root/new x
  same snap1 "$(zone snapshot "$1")"
  ok zone snapshot -r snap0 "$1"
  same one "$(read_back "$1" /root/f)"
  run zone pull "$1" /root/new -
  [ "$status" -ne 0 ]
  same "snap0 snap1" "$(zone snapshot -L --json "$1" | jq -r '[.[].name] | join(" ")')" # the newer one survives
  zone start "$1"
  same one "$(zone exec "$1" -- cat /root/f)"
  zone stop -k "$1"
  ok zone snapshot -r snap1 "$1"
  same two "$(read_back "$1" /root/f)"
  ok zone snapshot -d snap0 "$1"
  ok zone verify "$1"
}

of_running() {
  make "$1"
  zone start "$1"
  zone exec "$1" -- /bin/sh -c 'echo one >/root/f; i=0; while [ $i -lt 200 ]; do echo $i >/root/n$i; i=$((i+1)); done'
  ok zone -v snapshot "$1" -N live
  has "$stderr" 'stood still for [0-9.]+ ms'
  same RUNNING "$(state "$1")"
  zone exec "$1" -- /bin/sh -c 'echo two >/root/f; rm /root/n7'
  refuse 4 "RUNNING|running" zone snapshot -r live "$1"
  has "$stderr" "restart|stop"
  ok timeout 90 zone snapshot -r live --restart "$1"
  same RUNNING "$(state "$1")"
  same one "$(zone exec "$1" -- cat /root/f)"
  same 7 "$(zone exec "$1" -- cat /root/n7)"
  ok zone verify "$1"
}

# A writer whose every step is on disk before the next, STATES snapshots of it, and all of them restored: each holds at least
# what was on disk when it was asked for, and everything in it fits together.
as_a_database() {
  make "$1"
  local n writer least=() last=$((${STATES:-50} - 1))
  zone push "$1" "$ZONE_TEST_TOOLS/ledger" /root/ledger
  zone start "$1"
  zone exec "$1" -- /root/ledger write /root/db &
  writer=$!
  until_true 20 zone exec "$1" -- test -s /root/db/done
  for n in $(seq 0 $last); do
    least[n]=$(zone exec "$1" -- cat /root/db/done)
    zone -q snapshot "$1" >/dev/null
  done
  zone stop -k "$1"
  wait $writer || true
  [ "${least[last]}" -gt "${least[0]}" ]
  for n in $(seq $last -1 0); do
    zone snapshot -r "snap$n" "$1"
    rm -rf "$T/db"
    zone pull "$1" /root/db "$T/db"
    "$ZONE_TEST_TOOLS/ledger" check "$T/db" "${least[n]}" >/dev/null || fail "snap$n"
  done
}

to_new() {
  make "$1"
  write "$1" /root/f one
  zone snapshot "$1" -N base
  write "$1" /root/f two
  ok zone snapshot -r base --to "$1-new" "$1"
  same one "$(read_back "$1-new" /root/f)"
  same two "$(read_back "$1" /root/f)"
  [ "$(field "$1" .id_base)" != "$(field "$1-new" .id_base)" ]
  refuse 4 . zone snapshot -r base --to "$1-new" "$1"
  zone start "$1-new"
}

special() {
  make "$1"
  zone start "$1"
  zone exec "$1" -- /bin/sh -c 'cd /root; echo a >h1; ln h1 h2; mkfifo p; ln -s nowhere l; echo c >c; chown 65535:1000 c; chmod 4755 c; mkdir -p old/sub; rm -rf /etc/motd; touch -d "2001-02-03 04:05:06" t; dd if=/dev/zero of=sparse bs=1 count=1 seek=10000000 2>/dev/null'
  zone snapshot "$1" -N s
  zone exec "$1" -- /bin/sh -c 'cd /root; rm -rf h1 h2 p l c old t sparse'
  zone stop -k "$1"
  zone snapshot -r s "$1"
  zone start "$1"
  check_special "$1"
}
check_special() {
  zone exec "$1" -- /bin/sh -ec 'cd /root; [ $(stat -c %h h1) = 2 ]; [ -p p ]; [ "$(readlink l)" = nowhere ]; [ "$(stat -c "%u:%g %a" c)" = "65535:1000 4755" ]; [ -d old/sub ]; [ "$(stat -c %Y t)" = "$(date -d "2001-02-03 04:05:06" +%s)" ]; [ "$(stat -c %s sparse)" = 10000001 ]; [ $(stat -c %b sparse) -lt 1000 ]'
}

differences() {
  make "$1"
  zone start "$1"
  zone exec "$1" -- sh -c 'cd /root; mkdir -p keep/sub gone; echo 1 >same; echo 1 >changed; echo 1 >mode; echo x >gone/in; echo 1 >sneaky; touch -d "2001-02-03 04:05:06" sneaky'
  zone snapshot "$1" -N a
  zone exec "$1" -- sh -c 'cd /root; echo 2 >changed; chmod 600 mode; rm -r gone; echo new >keep/sub/new; echo 2 >sneaky; touch -d "2001-02-03 04:05:06" sneaky; printf x >"$(printf "odd\033[1mname")"'
  zone snapshot "$1" -N b
  zone exec "$1" -- rm /root/keep/sub/new
  local want='M /root/
M /root/changed
D /root/gone/
M /root/keep/sub/
A /root/keep/sub/new
M /root/mode
A /root/odd?[1mname
M /root/sneaky'
  same "$want" "$(zone snapshot "$1" --diff a b | grep -E '/root|^D')"
  same "$want" "$(zone snapshot diff "$1" a b | grep -E '/root|^D')"
  same "M /root/keep/sub/
D /root/keep/sub/new" "$(zone snapshot "$1" --diff b | grep -E '/root')" # of the running zone
  same "[]" "$(zone snapshot "$1" --diff b b --json | jq -c .)"
  zone snapshot "$1" --diff a b --json | jq -e '.[] | select(.path == "/root/keep/sub/new") | .change == "added"'
  zone stop -k "$1"
  has "$(zone snapshot "$1" --diff b)" '^D /root/keep/sub/new$'
  same "" "$(ls "$ZONE_PATH/$1/views" 2>/dev/null)"
}

is() { [ "$(state "$1")" = "$2" ]; } # ZONE STATE

# A zone that is killed in the middle of a snapshot's pause goes on.
always_thawed() {
  make "$1"
  zone start "$1"
  local step
  for step in copy thaw; do
    run env ZONE_TEST_FAIL_STEP="snapshot:$step:kill" zone snapshot "$1"
    [ "$status" -ne 0 ]
    until_true 20 is "$1" RUNNING
    zone exec "$1" -- sh -c 'echo alive >/root/alive; sync'
  done
  same "[]" "$(zone snapshot -L --json "$1" | jq -c .)"
  same snap0 "$(zone snapshot "$1")"
}

# ---- clones ----------------------------------------------------------------------------------------

clone_is_its_own() {
  make "$1" -s net.eth0.mac=02:00:00:00:00:77 -s hostname=first
  zone start "$1"
  zone exec "$1" -- sh -c 'echo one >/root/f; echo 0123456789abcdef0123456789abcdef >/etc/machine-id; cat /etc/hosts'
  zone snapshot "$1" -N before
  zone exec "$1" -- sh -c 'echo two >/root/f'
  ok zone clone "$1" "$1-b" # of a running zone
  ok zone clone "$1" "$1-c" --from before
  refuse 4 "$1-b" zone clone "$1" "$1-b"
  refuse 3 "nosuch" zone clone "$1" "$1-d" --from nosuch
  refuse 3 . zone info "$1-d"
  same STOPPED "$(state "$1-b")"
  zone start "$1-b" "$1-c"
  same two "$(zone exec "$1-b" -- cat /root/f)"
  same one "$(zone exec "$1-c" -- cat /root/f)"
  same "$1-b" "$(zone exec "$1-b" -- hostname)"
  same "$1-b" "$(zone exec "$1-b" -- cat /etc/hostname)"
  has "$(zone exec "$1-b" -- cat /etc/hosts)" "127.0.1.1.*$1-b"
  lacks "$(zone exec "$1-b" -- cat /etc/hosts)" first
  same 3 "$(for n in "$1" "$1-b" "$1-c"; do zone exec "$n" -- cat /etc/machine-id; done | sort -u | wc -l)"
  local f
  for f in .id_base '.nics[0].mac' '.nics[0].addresses[0]'; do
    same 3 "$(for n in "$1" "$1-b" "$1-c"; do field "$n" "$f"; done | sort -u | wc -l)"
  done
  zone exec "$1-b" -- sh -c 'echo three >/root/f'
  same two "$(zone exec "$1" -- cat /root/f)"
  ok zone verify --all
}

clone_where_machine_id_was_not_set() {
  make "$1"
  zone start "$1"
  zone exec "$1" -- rm -f /etc/machine-id
  zone clone "$1" "$1-b"
  zone start "$1-b"
  refuse 1 . zone exec "$1-b" -- cat /etc/machine-id 2>/dev/null || ! zone exec "$1-b" -- test -e /etc/machine-id
}

# Of the file systems that zones have for themselves no two are of one identity, wherever they were copied from. (Snapshots
# of xfs are: they are only read, and the kernel takes both.)
own_identity() {
  local places=("$ZONE_PATH/") but
  if [ -d /dev/mapper ]; then places+=(/dev/mapper/); fi
  if [ "$FS" = xfs ]; then but='*/snapshots/*'; fi
  make "$1"
  zone start "$1"
  zone -q snapshot "$1" >/dev/null
  zone clone "$1" "$1-b"
  zone clone "$1" "$1-c" --from snap0
  zone -q snapshot "$1-b" >/dev/null
  ok zone snapshot -r snap0 --restart "$1"
  zone start "$1-b" "$1-c"
  ok zone snapshot "$1" --diff snap0
  find "${places[@]}" \( -name root.img -o -name "zone--${Z//-/--}*-zone--????????????????" \) ! -path "${but:-}" \
    -exec blkid -p -o value -s UUID {} \; >"$T/uuids"
  [ "$(wc -l <"$T/uuids")" -ge 3 ] || fail "$(cat "$T/uuids")"
  same "" "$(sort "$T/uuids" | uniq -d)"
}

# What stands on another is told, and a full clone stands on nothing.
dependants() {
  make "$1"
  write "$1" /root/f one
  ok zone clone "$1" "$1-b"
  ok zone clone "$1-b" "$1-c"
  ok zone clone --full "$1" "$1-d"
  run --separate-stderr zone destroy "$1"
  if [ "$status" -ne 0 ]; then # it shares its tree
    same 4 "$status"
    has "$stderr" "$1-b"
    has "$stderr" "$1-c"
    lacks "$stderr" "$1-d"
    has "$stderr" "full"
    zone destroy "$1-b" "$1-c"
    ok zone destroy "$1"
  else
    zone start "$1-b" "$1-c"
    same one "$(zone exec "$1-c" -- cat /root/f)"
  fi
  zone start "$1-d"
  same one "$(zone exec "$1-d" -- cat /root/f)"
  ok zone verify "$1-d"
}

reset_identity() {
  make "$1"
  zone start "$1"
  zone exec "$1" -- sh -c 'mkdir -p /etc/ssh /var/lib/systemd /var/lib/cloud/instance; cd /etc/ssh; echo old >ssh_host_ed25519_key; echo old >ssh_host_ed25519_key.pub; ln -s /etc/passwd ssh_host_rsa_key; echo seed >/var/lib/systemd/random-seed; ln -s / /var/lib/dhcp'
  ok zone clone "$1" "$1-b" --reset-identity
  has "$(read_back "$1-b" /etc/ssh/ssh_host_ed25519_key)" "BEGIN OPENSSH PRIVATE KEY"
  has "$(read_back "$1-b" /etc/ssh/ssh_host_ed25519_key.pub)" "^ssh-ed25519 .* root@$1-b"
  zone start "$1-b"
  same "600 0" "$(zone exec "$1-b" -- stat -c '%a %u' /etc/ssh/ssh_host_ed25519_key)"
  zone exec "$1-b" -- test ! -e /var/lib/systemd/random-seed
  zone exec "$1-b" -- test ! -e /var/lib/cloud/instance
  has "$(zone exec "$1-b" -- cat /etc/passwd)" root:
  same old "$(zone exec "$1" -- cat /etc/ssh/ssh_host_ed25519_key)"
}

# ---- sizes -----------------------------------------------------------------------------------------

# A root holds to its size, grows in use, and never shrinks; or the size is refused with the way out.
# What the root takes is between these; of that it has a part for itself, if that can be told.
figures() { # NAME LEAST MOST
  zone info --json "$1" | jq -e --argjson least "$2" --argjson most "$3" '
    .referenced_bytes >= $least and .referenced_bytes <= $most and (.exclusive_bytes | . == null or . <= $most)'
  same "$(field "$1" .referenced_bytes)" "$(zone ls --json "$1" | jq '.[0].referenced_bytes')"
  has "$(zone ls -F NAME,REFERENCED,EXCLUSIVE "$1")" "^$1 +[0-9.]+ MiB"
  has "$(zone info "$1")" '^Referenced: +[0-9.]+ MiB$'
}

sizes() {
  local u=${UNIT:-320} # MiB
  run --separate-stderr make "$1" --size "${u}M"
  if [ "$status" -ne 0 ]; then
    same 7 "$status"
    has "$stderr" prjquota
    refuse 3 . zone info "$1"
    make "$1"
    refuse 7 "quota" zone set "$1" root.size=1G
    has "$stderr" prjquota
    return 0
  fi
  same "${u}M" "$(zone get "$1" root.size)"
  zone start "$1"
  fill() { zone exec "$1" -- dd if=/dev/zero of=/root/big bs=1M count="$2" conv=fsync; }
  run fill "$1" $((u + 20))
  [ "$status" -ne 0 ]
  has "$output" "No space|quota"
  zone exec "$1" -- sh -c 'rm /root/big; sync; echo kept >/root/f'
  ok zone set "$1" root.size=$((2 * u))M
  has "$output" "applied"
  same "$((2 * u))M" "$(zone get "$1" root.size)"
  ok fill "$1" $((u + 20))
  zone exec "$1" -- sync
  figures "$1" $(((u + 20) << 20)) $((2 * u << 20))
  refuse 2 "shrink" zone set "$1" root.size=$((u + 10))M
  same "$((2 * u))M" "$(zone get "$1" root.size)"
  zone exec "$1" -- sh -c 'rm /root/big; sync'
  zone snapshot "$1"
  zone stop -k "$1"
  ok zone set "$1" root.size=$((2 * u + 60))M # stopped, too
  zone start "$1"
  ok fill "$1" $((u * 3 / 2))
  zone stop -k "$1"
  zone snapshot -r snap0 "$1" # to the size of its time
  same "$((2 * u))M" "$(zone get "$1" root.size)"
  zone start "$1"
  run fill "$1" $((2 * u + 20))
  [ "$status" -ne 0 ]
  same kept "$(zone exec "$1" -- cat /root/f)"
}

# ---- faults ----------------------------------------------------------------------------------------

# Functions are called with STEP MODE for every fault of a row; what all of them need is made once, for stores are slow.
each_row_fault() { # OP FUNCTION
  OP=$1 FAULT=$2
  each_row one_row_fault
}
one_row_fault() {
  each_fault "$OP" "$FAULT"
  if declare -F "${FAULT}_end" >/dev/null; then "${FAULT}_end"; fi
  zone destroy -f -s --all
  until_true 60 eval "[ -z \"\$(ls \"$ZONE_PATH/.trash\" 2>/dev/null)\" ]"
  same "" "$(find "$ZONE_PATH" -mindepth 1 -maxdepth 1 ! -name '.*')"
}

# The row's zone, with one in a file.
there() {
  if zone info "$Z" >/dev/null 2>&1; then return; fi
  make "$Z"
  write "$Z" /root/f one
}

snapshot_fault() {
  there
  zone start "$Z"
  try snapshot "$1" "$2" zone snapshot "$Z" -N "f-$1${2//:/-}"
  run zone verify --repair "$Z"
  until_true 20 is "$Z" RUNNING
  zone exec "$Z" -- sh -c 'echo more >>/root/g; sync' # not left frozen
  same again "$(zone snapshot "$Z" -N again)"
  zone snapshot -d again "$Z"
}
snapshot_fault_end() { # what is listed is whole
  local snap
  zone stop -k "$Z"
  write "$Z" /root/f two
  for snap in $(zone snapshot -L --json "$Z" | jq -r '.[].name'); do
    zone snapshot -r "$snap" "$Z"
    same one "$(read_back "$Z" /root/f)"
  done
  ok zone verify "$Z"
}

restore_fault() {
  there
  if [ "$(field "$Z" .snapshots)" = 0 ]; then zone snapshot "$Z" >/dev/null; fi
  write "$Z" /root/f two
  try restore "$1" "$2" zone snapshot -r snap0 "$Z"
  run zone verify --repair "$Z"
  has "$(read_back "$Z" /root/f)" "^(one|two)$"
  ok zone snapshot -r snap0 "$Z"
  same one "$(read_back "$Z" /root/f)"
}
restore_fault_end() { zone start "$Z"; }

# What a command left that was to make a zone: INCOMPLETE, which destroy clears, or all of it, or nothing.
forget() { # ZONE MODE COMMAND…
  local name=$1 mode=$2
  shift 2
  if [ -z "$mode" ]; then
    refuse 3 . zone info "$name"
    [ ! -e "$ZONE_PATH/$name" ]
  elif zone info "$name" >/dev/null 2>&1; then
    [[ "$(state "$name")" = INCOMPLETE || "$(state "$name")" = STOPPED ]]
    refuse 4 "$name" "$@"
    run zone verify --repair "$name"
    if zone info "$name" >/dev/null 2>&1; then zone destroy -s "$name"; fi
  fi
}

clone_fault() {
  there
  try clone "$1" "$2" zone clone "$Z" "$Z-b"
  forget "$Z-b" "$2" zone clone "$Z" "$Z-b"
  ok zone clone "$Z" "$Z-b"
  same one "$(read_back "$Z-b" /root/f)"
  zone destroy "$Z-b"
}

import_fault() {
  local import=(zone import "$T/s.zst" -B "$BACKEND" "${PLACE_ARGS[@]}")
  if [ ! -e "$T/s.zst" ]; then
    there
    zone snapshot "$Z"
    zone -q export --snapshots "$Z" -o "$T/s.zst"
    zone destroy -s "$Z"
  fi
  try import "$1" "$2" "${import[@]}"
  forget "$Z" "$2" "${import[@]}"
  ok "${import[@]}"
  same 1 "$(field "$Z" .snapshots)"
  same one "$(read_back "$Z" /root/f)"
  zone destroy -s "$Z"
}

destroy_fault() {
  there
  zone snapshot "$Z"
  try destroy "$1" "$2" zone destroy -s "$Z"
  run zone verify --repair "$Z"
  if zone info "$Z" >/dev/null 2>&1; then zone destroy -f -s "$Z"; fi
  [ ! -e "$ZONE_PATH/$Z" ]
  refuse 3 . zone info "$Z"
}
destroy_fault_end() { make "$Z"; } # the next one that is destroyed takes along what is left of those that were killed
