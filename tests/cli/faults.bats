#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
# Each step of each operation made to fail, killed before and killed after: nothing half-made stays usable,
# nothing leaks, and the same command again, or the repair, ends well. The steps come from the sources' tables.
export BATS_TEST_TIMEOUT=300
load lib

create_fault() {
  try create "$1" "$2" zone create "$Z" -t busybox
  if [ -z "$2" ]; then
    [ ! -e "$ZONE_VAR/$Z" ] || fail "a failed create left a directory"
    refuse 3 . zone info "$Z"
  else
    run zone start "$Z"
    [ "$status" -ne 0 ] || same STOPPED "$(zone stop -k "$Z" && state "$Z")"
    run zone verify --repair "$Z"
  fi
  # Either repaired to a whole zone or cleared; destroy gives the name back.
  if zone info "$Z" >/dev/null 2>&1; then zone destroy -f "$Z"; fi
  mk "$Z"
  zone start "$Z"
  zone destroy -f "$Z"
}
@test "create" { each_fault create create_fault; }

create_again_fault() {
  try create "$1" "$2" zone create "$Z" -t busybox
  zone destroy -f "$Z" || same 3 $?
  mk "$Z"
  zone destroy "$Z"
}
@test "create, then destroy without a repair" { each_fault create create_again_fault; }

start_fault() {
  mk "$Z"
  try start "$1" "$2" zone start "$Z"
  if [ -n "$2" ]; then run zone stop -k "$Z"; fi
  [ "$(state "$Z")" = STOPPED ] || zone verify --repair "$Z"
  same STOPPED "$(state "$Z")"
  same "" "$(find "$G/$Z" -name cgroup.procs -exec cat {} + 2>/dev/null)"
  zone start "$Z"
  zone exec "$Z" -- true
  zone stop -k "$Z"
  zone destroy "$Z"
}
@test "start" { each_fault start start_fault; }

start_again_fault() {
  mk "$Z"
  try start "$1" "$2" zone start "$Z"
  ok timeout 60 zone start "$Z"
  same RUNNING "$(state "$Z")"
  zone exec "$Z" -- true
  zone destroy -f "$Z"
}
@test "start, then start again without a repair" { each_fault start start_again_fault; }

stop_fault() {
  up "$Z"
  run env ZONE_TEST_FAIL_STEP="stop:$1$2" timeout 60 zone stop -k "$Z"
  [ "$status" -ne 124 ]
  ok timeout 60 zone stop -k "$Z"
  same STOPPED "$(state "$Z")"
  zone destroy "$Z"
}
@test "stop, whose steps are start's" { # walked down: the faults stand on the same names
  local step
  for step in $(fault_steps start); do stop_fault "$step" ""; stop_fault "$step" :kill; done
}

destroy_fault() {
  mk "$Z"
  try destroy "$1" "$2" zone destroy "$Z"
  run zone verify --repair "$Z"
  if zone info "$Z" >/dev/null 2>&1; then zone destroy -f "$Z"; fi
  [ ! -e "$ZONE_VAR/$Z" ]
  refuse 3 . zone info "$Z"
  mk "$Z"
  zone destroy "$Z"
}
@test "destroy" { each_fault destroy destroy_fault; }

rename_fault() {
  up "$Z"
  mk "$Z-user" -s start.requires="$Z"
  zone snapshot "$Z"
  zone stop -k "$Z"
  try rename "$1" "$2" zone rename "$Z" "$Z-new"
  if [ -z "$2" ]; then
    same STOPPED "$(state "$Z")"
    refuse 3 . zone info "$Z-new"
    same "$Z" "$(zone get "$Z-user" start.requires)"
    same "rename clean" "rename $(zone verify "$Z" && echo clean)"
  else
    zone verify --repair "$Z" || zone verify --repair "$Z-new"
  fi
  if zone info "$Z" >/dev/null 2>&1; then
    same 1 "$(field "$Z" .snapshots)"
    ok zone rename "$Z" "$Z-new"
  fi
  same STOPPED "$(state "$Z-new")"
  same 1 "$(field "$Z-new" .snapshots)"
  ok zone verify "$Z-new"
  same "$Z-new" "$(zone get "$Z-user" start.requires)"
  mk "$Z"
  zone start "$Z-new"
  same "$Z-new" "$(zone exec "$Z-new" -- cat /etc/hostname)"
  zone destroy -f -s "$Z" "$Z-new" "$Z-user"
}
@test "rename" { each_fault rename rename_fault; }

@test "a rename that was killed while its directory was moved: nobody takes the old place" {
  mk "$Z"
  run env ZONE_TEST_FAIL_STEP=rename:directory:after:kill zone rename "$Z" "$Z-new"
  same INCOMPLETE "$(state "$Z-new")"
  refuse 4 "verify|$Z-new" zone create "$Z" -t busybox
  ok zone verify --repair "$Z-new"
  mk "$Z"
}

@test "a kill in the middle of an unpack leaves no usable tree, and the next create works" {
  tiny_rootfs "$T/big"
  head -c 80000000 /dev/urandom >"$T/big/data"
  tar -C "$T/big" -cf - . | xz -0 -T0 >"$T/big.tar.xz"
  zone -q create "$Z" -t local -- -f "$T/big.tar.xz" 3>&- &
  local pid=$!
  until_true 20 sh -c "find '$ZONE_VAR/.images' -path '*/.tmp*/*' | grep -q ."
  kill -KILL $pid
  run wait $pid
  same "" "$(zone image ls --json | jq -r '.[].dist')"
  zone destroy -f "$Z" 2>/dev/null || true
  zone -q create "$Z" -t local -- -f "$T/big.tar.xz"
  zone start "$Z" -- /bin/busybox sleep 60
  zone destroy -f "$Z"
  ok zone image prune --all
  same "" "$(half_unpacked)"
}

@test "random kills of start and stop: 20 rounds" {
  mk "$Z"
  local i pid
  for i in $(seq 20); do
    zone start "$Z" 3>&- 2>/dev/null &
    pid=$!
    sleep "0.0$((RANDOM % 40 + 10))"
    kill -KILL $pid 2>/dev/null || true
    wait $pid 2>/dev/null || true
    if [ $((i % 2)) = 0 ]; then
      zone stop -k "$Z" 3>&- 2>/dev/null &
      pid=$!
      sleep "0.00$((RANDOM % 9))"
      kill -KILL $pid 2>/dev/null || true
      wait $pid 2>/dev/null || true
    fi
    ok timeout 30 zone stop -k "$Z"
    same STOPPED "$(state "$Z")"
  done
  zone start "$Z"
}
